import Messages
import Randomness

/// A seeded division of a data set into training and validation examples, the same for any number of ranks.
package struct ValidationSplit: Sendable, Hashable {
    /// Row numbers to train on, ascending.
    package let training: [Int32]
    /// Row numbers held out, ascending.
    package let validation: [Int32]

    /// Holds out the first round(fraction × count) rows of a seeded permutation.
    ///
    /// Throws if that leaves no row on one side; `name` is the data set's, for the message.
    package init(count: Int, fraction: Double, seed: UInt64, name: String) throws(DataError) {
        precondition(fraction > 0 && fraction < 1, "a validation fraction of \(fraction)")
        let random = CounterRandom(seed: seed, purpose: .validationSplit)
        let order = Permutation.shuffled(count: count, random: random)
        let held = Int((fraction * Double(count)).rounded())
        guard held > 0, held < count else {
            let side = held > 0 ? "training" : "validation"
            throw DataError(
                .empty, path: name, expected: "examples on both sides", found: "none for \(side)",
                advice: "give \(held > 0 ? "a smaller" : "a larger") fraction",
                problem:
                    "a validation fraction of \(fraction) of \(counted(count, "example")) leaves none for \(side)",
                setting: "data.validation.fraction")
        }
        validation = order[..<held].sorted()
        training = order[held...].sorted()
    }

    private init(training: [Int32], validation: [Int32]) {
        self.training = training
        self.validation = validation
    }

    /// The rows of a data set as `init` divides them or, where examples follow one another in files, the last
    /// round(fraction × count) of each file, at least one.
    package init(_ layout: DatasetLayout, fraction: Double, seed: UInt64, name: String) throws(DataError) {
        guard let files = layout.fileExamples else {
            try self.init(count: layout.count, fraction: fraction, seed: seed, name: name)
            return
        }
        var (training, validation): ([Int32], [Int32]) = ([], [])
        var first = Int32(0)
        for count in files {
            let held = max(1, Int((fraction * Double(count)).rounded()))
            guard held < count else {
                throw DataError(
                    .empty, path: name, expected: "examples on both sides",
                    found: "a file of \(counted(count, "example"))",
                    advice: "give a smaller fraction, a smaller length, or larger files",
                    setting: "data.validation.fraction")
            }
            let start = first + Int32(count - held)
            training += first..<start
            first += Int32(count)
            validation += start..<first
        }
        self.init(training: training, validation: validation)
    }
}
