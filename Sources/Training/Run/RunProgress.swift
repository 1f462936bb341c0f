import Foundation

/// How far a run is: the epoch loop's part of a checkpoint.
package struct RunProgress: Codable, Sendable, Equatable {
    /// Optimizer steps taken.
    package var step = 0
    /// The epoch under way, from 0.
    package var epoch = 0
    /// Steps of that epoch that are done.
    package var batch = 0
    /// Σ loss over the epoch's examples so far, and their number.
    package var epochLossSum = 0.0
    package var epochExamples = 0
    /// What their mean loss divides the sum by; nil where it is their number, and before the first step.
    package var epochWeight: Double?
    /// Whether the run has no steps left.
    package var isFinished = false

    package init() {}

    /// The mean loss of the epoch so far, NaN if all its steps were skipped.
    var epochLoss: Double { epochExamples > 0 ? epochLossSum / (epochWeight ?? Double(epochExamples)) : .nan }

    mutating func endEpoch() {
        epoch += 1
        batch = 0
        epochLossSum = 0
        epochExamples = 0
        epochWeight = nil
    }
}

/// Measures the time of this process's steps and evaluations.
struct RunClock {
    /// The system's uptime when the program started, in seconds.
    let start: Double
    private var seconds = 0.0
    private var examples = 0
    private var steps = 0
    private var evaluations = (count: 0, seconds: 0.0)

    init(start: Double) { self.start = start }

    mutating func add(seconds: Double, examples: Int) {
        self.seconds += seconds
        self.examples += examples
        steps += 1
    }

    mutating func addEvaluation(seconds: Double) {
        evaluations.count += 1
        evaluations.seconds += seconds
    }

    /// The mean seconds of a step; nil before the first.
    var secondsPerStep: Double? { steps > 0 ? seconds / Double(steps) : nil }

    /// Estimated seconds for `moreSteps` steps and so many evaluations.
    func remaining(steps moreSteps: Int, evaluations moreEvaluations: Int) -> Double {
        Double(max(0, moreSteps)) * seconds / Double(max(1, steps))
            + Double(max(0, moreEvaluations)) * evaluations.seconds / Double(max(1, evaluations.count))
    }

    /// Training examples per second spent in steps alone, and seconds since the start.
    var pace: RunEvent.Pace {
        RunEvent.Pace(
            samplesPerSecond: seconds > 0 ? Double(examples) / seconds : 0,
            seconds: ProcessInfo.processInfo.systemUptime - start)
    }
}
