import Foundation
import Optimizers
import Testing

/// Shapes that PyTorch does not have, or that count what it does not, against closed forms.
@Suite struct ScheduleFormulaTests {
    private static let run = RunShape(stepsPerEpoch: 10, epochs: 6)
    private static let growing = RunShape(stepsOfEpochs: [16, 16, 8, 8, 4, 4, 4])

    private static func isClose(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-13 * abs(b) }

    @Test func linearToTau() throws {
        let schedule = try LearningRateSchedule(baseRate: 0.5, shape: .linear(over: .epochs(2.5)))
        for step in 0..<60 {
            let k = Double(step)
            let expected = step < 25 ? (1 - k / 25) * 0.5 + k / 25 * 0.005 : 0.005
            #expect(Self.isClose(schedule.rate(step: step, in: Self.run), expected), "step \(step)")
        }
    }

    /// Epochs that get shorter: the rate falls by the same amount over each.
    @Test func linearInEpochsOfAGrowingBatch() throws {
        let schedule = try LearningRateSchedule(
            baseRate: 0.5, shape: .linear(to: 0.1, over: .epochs(4)))
        for (step, epochs) in [(0, 0.0), (8, 0.5), (16, 1), (32, 2), (36, 2.5), (40, 3), (48, 4), (59, 4)] {
            let expected = 0.5 - 0.1 * epochs
            #expect(Self.isClose(schedule.rate(step: step, in: Self.growing), expected), "step \(step)")
        }
    }

    @Test func polynomialToAnEnd() throws {
        let schedule = try LearningRateSchedule(baseRate: 0.5, shape: .polynomial(power: 3, end: 0.1))
        for step in 0..<60 {
            let expected = 0.1 + 0.4 * pow(Double(60 - step) / 60, 3)
            #expect(Self.isClose(schedule.rate(step: step, in: Self.run), expected), "step \(step)")
        }
    }

    @Test func inverse() throws {
        let schedule = try LearningRateSchedule(
            baseRate: 0.5, shape: .inverse(tau: 0.5), warmup: .steps(3))
        for step in 3..<60 {
            let expected = 0.5 / (1 + Double(step - 3) / 5)
            #expect(Self.isClose(schedule.rate(step: step, in: Self.run), expected), "step \(step)")
        }
        let byEpoch = try LearningRateSchedule(baseRate: 0.5, shape: .inverse(tau: 2), by: .epoch)
        #expect(Self.isClose(byEpoch.rate(step: 29, in: Self.run), 0.25))
        #expect(Self.isClose(byEpoch.rate(step: 59, in: Self.run), 0.5 / 3.5))
    }

    @Test func inverseSquareRoot() throws {
        let warm = try LearningRateSchedule(baseRate: 0.5, shape: .inverseSquareRoot, warmup: .epochs(0.9))
        let cold = try LearningRateSchedule(baseRate: 0.5, shape: .inverseSquareRoot)
        for step in 0..<60 {
            if step >= 9 {
                let expected = 0.5 * 3 / Double(step).squareRoot()
                #expect(Self.isClose(warm.rate(step: step, in: Self.run), expected), "step \(step)")
            }
            let expected = 0.5 / Double(step + 1).squareRoot()
            #expect(Self.isClose(cold.rate(step: step, in: Self.run), expected), "step \(step)")
        }
        let byEpoch = try LearningRateSchedule(
            baseRate: 0.5, shape: .inverseSquareRoot, warmup: .epochs(1.5), by: .epoch)
        #expect(Self.isClose(byEpoch.rate(step: 59, in: Self.run), 0.5 * (1.5 / 5.5).squareRoot()))
    }

    /// A warm-up of 0.3 epochs must not leave the restarts a rounding error late.
    @Test func restartsAreWholeEpochsBehindTheWarmup() throws {
        let schedule = try LearningRateSchedule(
            baseRate: 0.5, shape: .cosineRestarts(first: 1, minimum: 0.1), warmup: .epochs(0.3))
        for epoch in 0..<5 {
            #expect(schedule.rate(step: 10 * epoch + 3, in: Self.run) == 0.5)
            #expect(schedule.rate(step: 10 * epoch + 12, in: Self.run) < 0.12)
        }
        let varied = RunShape(stepsOfEpochs: [30, 20, 10, 10, 10])
        for step in [9, 36, 53, 63, 73] { #expect(schedule.rate(step: step, in: varied) == 0.5) }
    }

    @Test func multiStepCountsWarmupEpochs() throws {
        let schedule = try LearningRateSchedule(
            baseRate: 0.8, shape: .multiStep(milestones: [2], gamma: 0.5), warmup: .epochs(1))
        #expect(schedule.rate(step: 19, in: Self.run) == 0.8)
        #expect(schedule.rate(step: 20, in: Self.run) == 0.4)
    }
}
