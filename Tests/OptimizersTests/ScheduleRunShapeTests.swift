import Optimizers
import Options
import Testing

/// Places in runs of equal and of changing epochs, against counting.
@Suite struct ScheduleRunShapeTests {
    @Test(arguments: [[7, 7, 3, 3, 3, 1, 9], [4], [1, 2], [5, 5, 5], [2, 2, 1]])
    func placesAreCounted(_ counts: [Int]) {
        let run = RunShape(stepsOfEpochs: counts)
        #expect(run.epochs == counts.count)
        #expect(run.totalSteps == counts.reduce(0, +))
        var step = 0
        for (epoch, count) in counts.enumerated() {
            #expect(run.firstStep(ofEpoch: epoch) == step)
            #expect(run.stepsOfEpoch(epoch) == count)
            for index in 0..<count {
                #expect(run.epoch(of: step) == epoch)
                let place = Double(epoch) + Double(index) / Double(count)
                #expect(abs(run.epochs(before: step) - place) < 1e-14)
                #expect(run.steps(inEpochs: place) == Double(step))
                step += 1
            }
        }
        #expect(run.epoch(of: step) == counts.count)
        #expect(run.epochs(before: step) == Double(counts.count))
        #expect(run.firstStep(ofEpoch: counts.count) == step)
    }

    @Test func equalEpochsAreTheClosedForm() {
        let run = RunShape(stepsOfEpochs: [10, 10, 10])
        #expect(run == RunShape(stepsPerEpoch: 10, epochs: 3))
        #expect(run == RunShape(stepsPerEpoch: 10, totalSteps: 30))
        #expect(run != RunShape(stepsOfEpochs: [10, 10, 9]))
        #expect(run.description == "30 steps of 10 per epoch")
        #expect(RunShape(stepsOfEpochs: [10, 5]).description == "15 steps in 2 epochs")
    }

    /// The last epoch may be cut; its steps are still the same share of an epoch.
    @Test func aCutRun() {
        let run = RunShape(stepsPerEpoch: 10, totalSteps: 24)
        #expect(run.epochs == 3)
        #expect(run.stepsOfEpoch(2) == 4)
        #expect(run.epochs(before: 22) == 2.2)
        #expect(run.firstStep(ofEpoch: 3) == 24)
    }

    @Test func epochsAreRoundedToStepsHalvesUpward() {
        let run = RunShape(stepsOfEpochs: [10, 4])
        for (epochs, steps) in [(0.0, 0.0), (0.04, 0), (0.05, 1), (0.25, 3), (1, 10), (1.125, 11), (2, 14)] {
            #expect(run.steps(inEpochs: epochs) == steps, "\(epochs) epochs")
        }
        // Beyond the end, for the error that says so.
        #expect(run.steps(inEpochs: 3) == 18)
        #expect(run.steps(inEpochs: 1e30) == 4e30)
    }

    @Test func aWarmupLongerThanAGrowingRunIsAnError() throws {
        let run = RunShape(stepsOfEpochs: [10, 4])
        try LearningRateSchedule(baseRate: 0.1, warmup: .epochs(2)).validate(run)
        let error = #expect(throws: OptionError.self) {
            try LearningRateSchedule(baseRate: 0.1, warmup: .epochs(2.5)).validate(run)
        }
        #expect(
            error?.description
                == "warmup is 2.5; it must be no longer than the run, which has 14 steps in 2 epochs")
    }

    @Test func emptyRunsTrap() async {
        await #expect(processExitsWith: .failure) { _ = RunShape(stepsOfEpochs: []) }
        await #expect(processExitsWith: .failure) { _ = RunShape(stepsOfEpochs: [3, 0]) }
        await #expect(processExitsWith: .failure) { _ = RunShape(stepsPerEpoch: 0, epochs: 3) }
    }
}
