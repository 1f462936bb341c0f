/// A parser under test: valid files to start from, what means something to it, and a judge of what it does.
package struct FuzzTarget: Sendable {
    /// Its name, which its folder of the corpus has too.
    package let name: String
    /// Valid files.
    let seeds: [[UInt8]]
    /// Pieces that mean something to the format.
    let words: [String]
    /// Whether the format is text.
    var isText = false
    /// Repairs some mutated inputs, so that what lies behind a length or a checksum is reached as well.
    var repair: @Sendable ([UInt8], inout Draws) -> [UInt8] = { bytes, _ in bytes }
    /// Reads an input in every way there is and checks what was read.
    package let judge: @Sendable ([UInt8]) -> Verdict

    /// Every parser of bytes from outside; a new one needs its line here, and files in Tests/Fuzz/Corpus.
    package static let all: [FuzzTarget] = [
        .idx, .npy, .csv, .text, .cifar10, .gzip, .safetensors, .yaml, .override, .study, .manifest,
        .state,
    ]

    /// Parsers that break each of the promises now and then, to show that the harness finds it.
    package static let controls: [FuzzTarget] = [
        control("control-trap") { bytes in
            precondition(bytes.first != UInt8(ascii: "x"), "a trap on purpose")
            return .accepted
        },
        control("control-hang") { bytes in
            while bytes.first == UInt8(ascii: "x") {}
            return .accepted
        },
        control("control-memory") { bytes in
            let count = bytes.first == UInt8(ascii: "x") ? 1 << 30 : 1
            return [UInt8](repeating: 1, count: count).last == 1 ? .accepted : .wrong("no memory")
        },
        control("control-promise") {
            $0.first == UInt8(ascii: "x") ? .wrong("not what the file says") : .accepted
        },
        control("control-message") { bytes in
            .refused(kind: "text", bytes.first == UInt8(ascii: "x") ? "two\nlines" : "input", naming: "input")
        },
    ]

    /// A parser that fails on inputs that begin with an x.
    private static func control(_ name: String, _ judge: @escaping @Sendable ([UInt8]) -> Verdict)
        -> FuzzTarget
    {
        FuzzTarget(
            name: name, seeds: [Array("some text".utf8)], words: [],
            repair: { bytes, draws in draws.oneIn(200) ? [UInt8(ascii: "x")] : [UInt8(ascii: "y")] + bytes },
            judge: judge)
    }

    /// Input `number` of a seed; `corpus` are files to start from beside the built-in ones.
    package func input(seed: UInt64, number: UInt64, corpus: [[UInt8]]) -> [UInt8] {
        var draws = Draws(seed: seed, number: number)
        // The built-in files are always the first ones; half of the inputs start from them whatever the corpus holds.
        let files = draws.oneIn(2) || corpus.isEmpty ? seeds : corpus
        let start = draws.pick(files)
        let other = draws.pick(seeds)
        let mutator = Mutator(words: words.map { Array($0.utf8) }, isText: isText)
        return repair(mutator.mutated(start, with: other, &draws), &draws)
    }
}
