import Foundation
import Optimizers
import Options
import Testing

/// Schedules against their closed forms at the ends, in the middle and around the warm-up.
@Suite struct ScheduleTests {
    private static func rate(
        _ schedule: LearningRateSchedule, _ step: Int, perEpoch: Int = 10, total: Int = 50
    ) -> Double {
        schedule.rate(step: step, stepsPerEpoch: perEpoch, totalSteps: total)
    }

    private static func isClose(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-14 * abs(b) }

    @Test func constantStays() throws {
        let schedule = try LearningRateSchedule(baseRate: 0.3)
        #expect((0..<50).allSatisfy { Self.rate(schedule, $0) == 0.3 })
    }

    @Test(arguments: ScheduleUnit.allCases)
    func stepFallsBetweenEpochs(by unit: ScheduleUnit) throws {
        let schedule = try LearningRateSchedule(
            baseRate: 0.8, shape: .step(size: 2, gamma: 0.25), by: unit)
        for (step, expected) in [(0, 0.8), (19, 0.8), (20, 0.2), (39, 0.2), (40, 0.05), (49, 0.05)] {
            #expect(Self.isClose(Self.rate(schedule, step), expected), "step \(step)")
        }
    }

    /// The shape's epochs count from the start of training: an epoch of warm-up does not move its falls.
    @Test func stepCountsWarmupEpochs() throws {
        let schedule = try LearningRateSchedule(
            baseRate: 0.8, shape: .step(size: 2, gamma: 0.5), warmup: .epochs(1))
        #expect(Self.isClose(Self.rate(schedule, 0), 0.08))
        #expect(Self.isClose(Self.rate(schedule, 10), 0.8))
        #expect(Self.isClose(Self.rate(schedule, 19), 0.8))
        #expect(Self.isClose(Self.rate(schedule, 20), 0.4))
    }

    @Test func cosineByStep() throws {
        let schedule = try LearningRateSchedule(baseRate: 0.5, shape: .cosine(minimum: 0.1))
        #expect(Self.rate(schedule, 0) == 0.5)
        #expect(Self.isClose(Self.rate(schedule, 25), 0.3))
        #expect(Self.isClose(Self.rate(schedule, 49), 0.1 + 0.4 * (1 + cos(.pi * 49 / 50)) / 2))
        #expect((1..<50).allSatisfy { Self.rate(schedule, $0) < Self.rate(schedule, $0 - 1) })
        #expect((0..<50).allSatisfy { Self.rate(schedule, $0) > 0.1 })
    }

    @Test func cosineByEpoch() throws {
        let schedule = try LearningRateSchedule(baseRate: 0.5, shape: .cosine(), by: .epoch)
        for step in 0..<50 {
            let expected = 0.5 * (1 + cos(.pi * Double(step / 10) / 5)) / 2
            #expect(Self.isClose(Self.rate(schedule, step), expected), "step \(step)")
        }
    }

    @Test func cosineByEpochBehindAWholeEpochOfWarmup() throws {
        let schedule = try LearningRateSchedule(
            baseRate: 0.5, shape: .cosine(), warmup: .epochs(1), by: .epoch)
        #expect(Self.isClose(Self.rate(schedule, 0), 0.05))
        #expect(Self.isClose(Self.rate(schedule, 5), 0.5 * (0.1 + 0.9 * 0.5)))
        #expect(Self.isClose(Self.rate(schedule, 9), 0.5 * (0.1 + 0.9 * 0.9)))
        for step in 10..<50 {
            let expected = 0.5 * (1 + cos(.pi * Double(step / 10 - 1) / 4)) / 2
            #expect(Self.isClose(Self.rate(schedule, step), expected), "step \(step)")
        }
    }

    /// The epoch in which the warm-up ends is k = 0 of T = 4.
    @Test func cosineByEpochBehindAFractionOfWarmup() throws {
        let schedule = try LearningRateSchedule(
            baseRate: 0.5, shape: .cosine(), warmup: .epochs(1.5), by: .epoch)
        #expect(Self.rate(schedule, 14) < 0.5)
        #expect(Self.rate(schedule, 15) == 0.5)
        #expect(Self.rate(schedule, 19) == 0.5)
        #expect(Self.isClose(Self.rate(schedule, 20), 0.5 * (1 + cos(.pi / 4)) / 2))
        #expect(Self.isClose(Self.rate(schedule, 49), 0.5 * (1 + cos(.pi * 3 / 4)) / 2))
    }

    @Test(arguments: [LearningRateWarmup.epochs(0.8), .steps(8)])
    func warmupIsLinear(_ warmup: LearningRateWarmup) throws {
        let schedule = try LearningRateSchedule(baseRate: 0.4, shape: .cosine(), warmup: warmup)
        #expect(schedule.warmupSteps(stepsPerEpoch: 10) == 8)
        for step in 0..<8 {
            let factor = 0.125 + 0.875 * Double(step) / 8
            #expect(Self.isClose(Self.rate(schedule, step), 0.4 * factor), "step \(step)")
        }
        #expect(Self.rate(schedule, 8) == 0.4)
        #expect(Self.isClose(Self.rate(schedule, 29), 0.2))
        #expect(Self.isClose(Self.rate(schedule, 49), 0.4 * (1 + cos(.pi * 41 / 42)) / 2))
    }

    @Test(arguments: [(0.0, 0), (0.04, 0), (0.05, 1), (0.25, 3), (1.0, 10), (5.0, 50)])
    func warmupEpochsAreRoundedToSteps(epochs: Double, steps: Int) throws {
        let schedule = try LearningRateSchedule(baseRate: 0.4, warmup: .epochs(epochs))
        #expect(schedule.warmupSteps(stepsPerEpoch: 10) == steps)
        try schedule.validate(stepsPerEpoch: 10, totalSteps: 50)
    }

    @Test func aWarmupOfOneStepChangesNothing() throws {
        let schedule = try LearningRateSchedule(baseRate: 0.4, warmup: .steps(1))
        #expect(Self.rate(schedule, 0) == 0.4)
    }

    @Test(arguments: ScheduleUnit.allCases)
    func aWarmupMayFillTheRun(by unit: ScheduleUnit) throws {
        let schedule = try LearningRateSchedule(
            baseRate: 0.4, shape: .cosine(), warmup: .epochs(5), by: unit)
        try schedule.validate(stepsPerEpoch: 10, totalSteps: 50)
        #expect(Self.isClose(Self.rate(schedule, 49), 0.4 * (0.02 + 0.98 * 49 / 50)))
    }

    @Test(arguments: [LearningRateWarmup.epochs(5.1), .steps(51), .epochs(1e30), .steps(.max)])
    func aWarmupLongerThanTheRunIsAnError(_ warmup: LearningRateWarmup) throws {
        let schedule = try LearningRateSchedule(baseRate: 0.4, warmup: warmup)
        let error = #expect(throws: OptionError.self) {
            try schedule.validate(stepsPerEpoch: 10, totalSteps: 50)
        }
        #expect(error?.kind == .conflict)
        #expect(error?.key.hasPrefix("warmup") == true)
        #expect(error?.description.contains("50 steps") == true)
    }

    /// One step is a whole run, and one epoch a whole cosine.
    @Test(arguments: ScheduleUnit.allCases)
    func aRunOfOneStep(by unit: ScheduleUnit) throws {
        let schedule = try LearningRateSchedule(baseRate: 0.4, shape: .cosine(), by: unit)
        #expect(Self.rate(schedule, 0, perEpoch: 1, total: 1) == 0.4)
    }

    @Test func stepsOutsideTheRunTrap() async {
        await #expect(processExitsWith: .failure) {
            let schedule = try LearningRateSchedule(baseRate: 0.4)
            _ = schedule.rate(step: 50, stepsPerEpoch: 10, totalSteps: 50)
        }
        await #expect(processExitsWith: .failure) {
            _ = try SGD().scalars(step: 0, learningRate: 0.1, momentum: nil)
        }
    }
}
