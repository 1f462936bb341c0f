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
}
