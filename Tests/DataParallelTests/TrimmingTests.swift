import Datasets
import Layers
import ReplicaSupport
import Testing

@testable import DataParallel

/// Mini-batches of short sequences are cut to the longest of them.
@Suite(.serialized) struct TrimmingTests {
    private static let positions = 40
    private static let lengths: [Int32] = [3, 9, 1, 16, 12, 7, 5, 14]

    private static let models: [(name: String, layers: [any Layer])] = [
        ("lstm", [Embedding(9, features: 7), LSTM(21, layers: 2, isBidirectional: true), Linear(5)]),
        (
            "transformer",
            [
                Embedding(9, features: 16), PositionalEmbedding(longest: 40),
                TransformerEncoder(1, TransformerOptions(heads: 2, feedforward: 30, dropout: 0)), Linear(5),
            ]
        ),
        (
            "convolution",
            [
                Embedding(9, features: 8), Transpose(), Conv1d(6, kernel: 3, padding: 1), ReLU(), Transpose(),
                SinusoidalEncoding(), Linear(5),
            ]
        ),
    ]

    private static func data(_ isOfPositions: Bool) throws -> Dataset {
        let tokens = (0..<lengths.count * positions).map { (place: Int) -> Float in
            Float((place * 7 + place / 5) % 9)
        }
        let ofPositions = tokens.map { Int32($0) % 5 }
        return try Dataset(
            name: "tokens", features: tokens, exampleShape: [positions],
            labels: isOfPositions
                ? .positions(ofPositions, shape: [positions], count: 5)
                : .classes(lengths.map { $0 % 5 }, count: 5), lengths: lengths)
    }

    /// Loss and gradients are those of the whole sequences, at any number of shards.
    @Test(arguments: models.map(\.name), [true, false])
    func sameGradients(_ name: String, _ isOfPositions: Bool) throws {
        let layers = try #require(Self.models.first { $0.name == name }).layers
        for shards in [1, 3, 8] {
            var found: [(loss: Double, values: [[Float]])] = []
            for length in [nil, 16, 24] as [Int?] {
                let harness = try ReplicaHarness(
                    Sequential(isOfPositions ? layers : layers + [SequencePool(.mean)]),
                    data: Self.data(isOfPositions), rule: GradientRecorder(), batch: 8, shards: shards)
                #expect(harness.model.trimmedPositions == [8, 16, 24, 32, 40])
                let result = try length.map { try harness.step(0..<8, length: $0) } ?? harness.step(0..<8)
                found.append((result.meanLoss, harness.values))
            }
            for other in found.dropFirst() {
                #expect(abs(other.loss - found[0].loss) < 1e-6)
                for (own, whole) in zip(other.values, found[0].values) {
                    let scale = whole.map(\.magnitude).max() ?? 0
                    for (a, b) in zip(own, whole) {
                        #expect(abs(a - b) <= 2e-6 * max(scale, 1e-3), "\(name)")
                    }
                }
            }
        }
    }

    @Test func modelsOfFixedLength() throws {
        func trimmed(_ layers: [any Layer], hasLengths: Bool = true) throws -> [Int] {
            try TracedModel(
                Sequential(layers), exampleShape: [40], hasLengths: hasLengths, target: .classes(5),
                loss: .crossEntropy
            ).trimmedPositions
        }
        let start: [any Layer] = [Embedding(9, features: 4)]
        #expect(try trimmed(start + [Flatten(), Linear(5)]) == [40])
        #expect(try trimmed(start + [GRU(3), SequencePool(.last), Linear(5)], hasLengths: false) == [])
        // A kernel of eleven positions reads no fewer.
        let wide: [any Layer] = [
            Transpose(), Conv1d(4, kernel: 11), Transpose(), SequencePool(.mean), Linear(5),
        ]
        #expect(try trimmed(start + wide) == [16, 24, 32, 40])
    }
}
