import Layers
import Testing

@testable import Configuration

@Suite struct FuzzTests {
    /// A small generator, so that a failing text can be made again from its number.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }
    }

    private static let pieces: [String] = [
        " ", "\n", "\t", ":", ": ", "- ", "{", "}", "[", "]", ",", "#", "&a ", "*a", "*", "|", ">", "'", "\"",
        "\\",
        "!!int ", "!x ", "? ", "---\n", "...\n", "%YAML 1.2\n", "0", "-1", "010", ".nan", "1e400",
        "999999999999999999999",
        "null", "~", "true", "\u{0}", "\u{FEFF}", "\u{85}", "\u{E000}", "é", "\u{1F600}", "\r\n", "<<: *a",
        "residual",
        "1000000", "kernel: 0", "name", "clip", "\u{2028}", "@", "`", "[1, 2]",
    ]

    /// Every normalization and initializer.
    private static let normalized =
        dataLine + """
            model:
              - conv2d: {out: 4, kernel: 3, weight_norm: true, init: {weight: kaiming_normal, mode: fan_out, bias: zeros}}
              - group_norm: {num_groups: 2, eps: 1e-3}
              - batch_renorm: {r_max: 2, d_max: 1, warmup_steps: 3, r_steps: 7, d_steps: 9}
              - instance_norm: {affine: true}
              - layer_norm: [26, 26]
              - flatten
              - linear: {out: 10, spectral_norm: true, init: {weight: {name: trunc_normal, a: -1, b: 1}}}
              - layer_norm: {elementwise_affine: false}
            init: {default: orthogonal}
            """

    private func mutate(_ text: String, _ numbers: inout Numbers) -> String {
        var scalars = Array(text.unicodeScalars)
        for _ in 0..<Int.random(in: 1...6, using: &numbers) {
            let place = Int.random(in: 0...scalars.count, using: &numbers)
            let length = min(Int.random(in: 0...12, using: &numbers), scalars.count - place)
            switch Int.random(in: 0..<4, using: &numbers) {
            case 0: scalars.removeSubrange(place..<(place + length))
            case 1:
                let piece = Self.pieces.randomElement(using: &numbers) ?? ""
                scalars.insert(contentsOf: piece.unicodeScalars, at: place)
            case 2:
                let piece = Self.pieces.randomElement(using: &numbers) ?? ""
                scalars.replaceSubrange(place..<(place + length), with: piece.unicodeScalars)
            default:
                let other = Int.random(in: 0...scalars.count, using: &numbers)
                scalars.insert(contentsOf: scalars[place..<(place + length)], at: other)
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }

    /// A text is refused with an error of this target, in one line, or it is a configuration that reads back.
    @Test func mutatedTextsThrowOrAreConfigurations() throws {
        let (accepted, kinds) = try outcomes(
            of: [example] + Recipe.all.map(\.yaml), rounds: 2000, seed: 20_240_601)
        // The control: mutations that all pass, or all fail alike, would test nothing.
        #expect(accepted > 20 && accepted < 1900, "\(accepted) of 2000 accepted")
        #expect(kinds.count >= 7, "\(kinds)")
    }

    @Test func mutatedNormalizationThrowsOrIsAConfiguration() throws {
        let (accepted, kinds) = try outcomes(of: [Self.normalized], rounds: 1000, seed: 5)
        #expect(accepted > 5 && accepted < 900, "\(accepted) of 1000 accepted")
        #expect(kinds.count >= 5, "\(kinds)")
    }

    /// How many mutations of `texts` are configurations, and the kinds of error of the others.
    private func outcomes(
        of texts: [String], rounds: Int, seed: UInt64
    ) throws -> (accepted: Int, kinds: [ConfigurationError.Kind]) {
        var numbers = Numbers(state: seed)
        var accepted = 0
        var kinds: [ConfigurationError.Kind] = []
        for round in 0..<rounds {
            let text = mutate(texts[round % texts.count], &numbers)
            do {
                let run = try read(text)
                accepted += 1
                #expect(try read(run.yaml) == run, "round \(round)")
                _ = try TracedModel(
                    run.model.makeModel(classes: 10), exampleShape: [1, 28, 28], target: .classes(10),
                    loss: run.loss)
            } catch let error as ConfigurationError {
                #expect(!error.description.contains { $0.isNewline }, "round \(round)")
                if !kinds.contains(error.kind) { kinds.append(error.kind) }
            } catch is ModelError {
                continue
            }
        }
        return (accepted, kinds)
    }

    @Test func mutatedOverridesThrowOrAreApplied() throws {
        let assignments = [
            "training.batch=32", "model.0.conv2d.out=16", "optimizer={name: adam, lr: 0.1}", "data.test=null",
            "model.3.max_pool2d.stride=[1, 2]", "schedule.warmup_steps=5",
        ]
        var numbers = Numbers(state: 7)
        var failures = 0
        for round in 0..<500 {
            let text = mutate(assignments[round % assignments.count], &numbers)
            do { _ = try read(example, [try .set(text)]) } catch {
                failures += error.description.isEmpty ? 0 : 1
            }
        }
        #expect(failures > 100 && failures < 500)
    }
}
