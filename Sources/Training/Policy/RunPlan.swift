import Optimizers

/// How a run is cut into epochs and steps: mini-batches may grow, and a step may take several of them.
package struct RunPlan: Sendable, Equatable {
    /// Examples of an epoch.
    package let examples: Int
    /// Mini-batches that an optimizer step takes together, at most.
    package let accumulate: Int
    /// Examples of a mini-batch in each epoch, at most.
    package private(set) var batches: [Int]

    /// A run of `epochs` over `examples`.
    ///
    /// - Parameters:
    ///   - batch: Examples of a mini-batch in the first epoch; nil for the whole training set in every step.
    ///   - chosen: The batches of the first epochs, where measurements have decided about them.
    package init(
        examples: Int, epochs: Int, batch: Int?, accumulate: Int, growth: BatchGrowth?, chosen: [Int] = []
    ) {
        precondition(examples > 0 && epochs > 0 && accumulate > 0, "a run without a step")
        self.examples = examples
        self.accumulate = accumulate
        let first = batch ?? (examples + accumulate - 1) / accumulate
        batches = (0..<epochs).map { epoch in
            if epoch < chosen.count { return chosen[epoch] }
            // Until something is measured, what was chosen last goes on.
            if let last = chosen.last { return last }
            return min(examples, growth?.batch(from: first, ofEpoch: epoch) ?? first)
        }
        shape = Self.shape(examples, batches, accumulate)
    }

    /// The steps of each epoch, by which schedules move.
    package private(set) var shape: RunShape

    /// Optimizer steps of all epochs.
    package var totalSteps: Int { shape.totalSteps }

    /// Optimizer steps of an epoch.
    package func steps(ofEpoch epoch: Int) -> Int { shape.stepsOfEpoch(epoch) }

    /// The index of an epoch's first step, counted from 0 over the whole run.
    package func firstStep(ofEpoch epoch: Int) -> Int { shape.firstStep(ofEpoch: epoch) }

    /// The mini-batches of an epoch's step `index`, by their place in the epoch.
    package func miniBatches(ofStep index: Int, epoch: Int) -> Range<Int> {
        let all = (examples + batches[epoch] - 1) / batches[epoch]
        return index * accumulate..<min((index + 1) * accumulate, all)
    }

    /// The largest mini-batch of the run.
    package var largestBatch: Int { batches.max() ?? 1 }

    /// Sets the mini-batch of an epoch and of all after it.
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
