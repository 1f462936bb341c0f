import Optimizers

/// The epochs and steps of a run, in which mini-batches may grow and a step may take several of them.
package struct RunPlan: Sendable, Equatable {
    /// The examples of an epoch.
    package let examples: Int
    /// The most mini-batches of an optimizer step.
    package let accumulate: Int
    /// The most examples of a mini-batch, for each epoch.
    package private(set) var batches: [Int]

    /// A run of `epochs` over `examples`.
    ///
    /// - Parameters:
    ///   - batch: The examples of a mini-batch in the first epoch; nil for the whole training set in every step.
    ///   - chosen: The batches of the first epochs, if they were decided by measurements.
    package init(
        examples: Int, epochs: Int, batch: Int?, accumulate: Int, growth: BatchGrowth?, chosen: [Int] = []
    ) {
        precondition(examples > 0 && epochs > 0 && accumulate > 0, "a run without a step")
        self.examples = examples
        self.accumulate = accumulate
        let first = batch ?? (examples + accumulate - 1) / accumulate
        batches = (0..<epochs).map { epoch in
            if epoch < chosen.count { return chosen[epoch] }
            // Until the next measurement the last chosen batch remains.
            if let last = chosen.last { return last }
            return min(examples, growth?.batch(from: first, ofEpoch: epoch) ?? first)
        }
        shape = Self.shape(examples, batches, accumulate)
    }

    /// The steps of each epoch, for schedules.
    package private(set) var shape: RunShape

    /// The optimizer steps of all epochs.
    package var totalSteps: Int { shape.totalSteps }

    /// The optimizer steps of an epoch.
    package func steps(ofEpoch epoch: Int) -> Int { shape.stepsOfEpoch(epoch) }

    /// The index of an epoch's first step, counted from 0 over the whole run.
    package func firstStep(ofEpoch epoch: Int) -> Int { shape.firstStep(ofEpoch: epoch) }

    /// The mini-batches of step `index` of an epoch, by their index in the epoch.
    package func miniBatches(ofStep index: Int, epoch: Int) -> Range<Int> {
        let all = (examples + batches[epoch] - 1) / batches[epoch]
        return index * accumulate..<min((index + 1) * accumulate, all)
    }

    /// The largest mini-batch of the run.
    package var largestBatch: Int { batches.max() ?? 1 }

    /// Sets the mini-batch of an epoch and of all later ones.
    package mutating func setBatch(_ batch: Int, fromEpoch epoch: Int) {
        for place in batches.indices where place >= epoch { batches[place] = min(examples, batch) }
        shape = Self.shape(examples, batches, accumulate)
    }

    private static func shape(_ examples: Int, _ batches: [Int], _ accumulate: Int) -> RunShape {
        RunShape(
            stepsOfEpochs: batches.map { batch in
                let step = batch * accumulate
                return (examples + step - 1) / step
            })
    }
}
