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
        .idx, .npy, .csv, .cifar10, .gzip, .safetensors, .yaml, .override, .study,
    ]

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
