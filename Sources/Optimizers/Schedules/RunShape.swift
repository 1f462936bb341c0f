import Messages

/// How many optimizer steps each epoch of a run takes, which converts between steps and epochs.
///
/// Steps and epochs count from 0. The run is the configured one, whether or not it stops earlier. While the batch does
/// not change, all epochs take the same number of steps and every answer is a closed form; a growing batch makes later
/// epochs shorter, and the answers are looked up in cumulative steps.
///
/// Example:
///
///     let run = RunShape(stepsOfEpochs: [8, 8, 4])
///     run.totalSteps             // 20
///     run.epoch(of: 17)          // 2
///     run.epochs(before: 17)     // 2.25
///     run.steps(inEpochs: 2.5)   // 18
public struct RunShape: Sendable, Hashable {
    private enum Steps: Sendable, Hashable {
        case uniform(perEpoch: Int)
        /// The first step of every epoch, and at the end the total number of steps.
        case varied(starts: [Int])
    }

    private let steps: Steps
    /// The optimizer steps of all epochs, at least 1.
    public let totalSteps: Int
    /// The epochs of the run, at least 1.
    public let epochs: Int

    /// A run of `totalSteps` steps, `stepsPerEpoch` to an epoch; the last epoch may be cut short.
    public init(stepsPerEpoch: Int, totalSteps: Int) {
        precondition(stepsPerEpoch >= 1, "an epoch has at least 1 step, not \(stepsPerEpoch)")
        precondition(totalSteps >= 1, "a run has at least 1 step, not \(totalSteps)")
        steps = .uniform(perEpoch: stepsPerEpoch)
        self.totalSteps = totalSteps
        epochs = (totalSteps - 1) / stepsPerEpoch + 1
    }

    /// A run of epochs that all take `stepsPerEpoch` steps.
    public init(stepsPerEpoch: Int, epochs: Int) {
        self.init(stepsPerEpoch: stepsPerEpoch, totalSteps: stepsPerEpoch * epochs)
    }

    /// A run whose epoch e takes `counts[e]` steps, at least 1 each.
    public init(stepsOfEpochs counts: [Int]) {
        guard let first = counts.first else { preconditionFailure("a run has at least 1 epoch") }
        precondition(counts.allSatisfy { $0 >= 1 }, "an epoch has at least 1 step: \(counts)")
        var starts = [0]
        var total = 0
        for count in counts {
            total += count
            starts.append(total)
        }
        steps = counts.allSatisfy { $0 == first } ? .uniform(perEpoch: first) : .varied(starts: starts)
        totalSteps = total
        epochs = counts.count
    }

    /// The first step of an epoch; for `epochs`, the total number of steps.
    ///
    /// - Precondition: 0 ≤ epoch ≤ epochs.
    public func firstStep(ofEpoch epoch: Int) -> Int {
        precondition((0...epochs).contains(epoch), "epoch \(epoch) is outside a run of \(epochs)")
        switch steps {
        case .uniform(let perEpoch): return epoch == epochs ? totalSteps : epoch * perEpoch
        case .varied(let starts): return starts[epoch]
        }
    }

    /// The steps of an epoch, at least 1.
    ///
    /// - Precondition: 0 ≤ epoch < epochs.
    public func stepsOfEpoch(_ epoch: Int) -> Int {
        firstStep(ofEpoch: epoch + 1) - firstStep(ofEpoch: epoch)
    }

    /// The epoch that a step belongs to; `epochs` for the step count of the whole run. O(log epochs) at worst.
    ///
    /// - Precondition: 0 ≤ step ≤ totalSteps.
    public func epoch(of step: Int) -> Int {
        precondition((0...totalSteps).contains(step), "step \(step) is outside a run of \(totalSteps) steps")
        if step == totalSteps { return epochs }
        switch steps {
        case .uniform(let perEpoch): return step / perEpoch
        case .varied(let starts):
            // The last start that is at most `step` lies in [low, high).
            var low = 0
            var high = epochs
            while high - low > 1 {
                let middle = (low + high) / 2
                if starts[middle] <= step { low = middle } else { high = middle }
            }
            return low
        }
    }

    /// The epochs before a step, with the finished fraction of its own epoch.
    public func epochs(before step: Int) -> Double {
        switch steps {
        case .uniform(let perEpoch): return Double(step) / Double(perEpoch)
        case .varied:
            let epoch = epoch(of: step)
            guard epoch < epochs else { return Double(epochs) }
            return Double(epoch) + Double(step - firstStep(ofEpoch: epoch)) / Double(stepsOfEpoch(epoch))
        }
    }

    /// The epochs from one step to a later one; exactly whole where the steps are whole epochs apart.
    func epochs(from first: Int, to step: Int) -> Double {
        switch steps {
        case .uniform(let perEpoch): return Double(step - first) / Double(perEpoch)
        case .varied:
            let difference = epochs(before: step) - epochs(before: first)
            // The fractions of the two epochs cancel up to rounding, which is far less than one step's share of an
            // epoch.
            let whole = difference.rounded()
            return abs(difference - whole) < 1e-9 ? whole : difference
        }
    }

    /// The steps of the first `epochs` epochs, fractions rounded to whole steps, halves upward; a Float64 because it
    /// may be larger than any Int. After the run's end epochs are as long as the last.
    public func steps(inEpochs epochs: Double) -> Double {
        switch steps {
        case .uniform(let perEpoch): return (epochs * Double(perEpoch)).rounded()
        case .varied:
            let epoch = epochs < Double(self.epochs) ? Int(epochs) : self.epochs - 1
            let rest = (epochs - Double(epoch)) * Double(stepsOfEpoch(epoch))
            return Double(firstStep(ofEpoch: epoch)) + rest.rounded()
        }
    }
}

extension RunShape: CustomStringConvertible {
    /// The run in a few words, such as "50 steps of 10 per epoch".
    public var description: String {
        switch steps {
        case .uniform(let perEpoch): "\(counted(totalSteps, "step")) of \(perEpoch) per epoch"
        case .varied: "\(counted(totalSteps, "step")) in \(counted(epochs, "epoch"))"
        }
    }
}
