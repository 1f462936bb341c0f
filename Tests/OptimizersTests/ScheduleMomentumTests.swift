import Optimizers
import Options
import Testing

/// The momentum's own schedules.
@Suite struct ScheduleMomentumTests {
    private static let run = RunShape(stepsPerEpoch: 10, epochs: 6)
    private static let growing = RunShape(stepsOfEpochs: [16, 16, 8, 8, 4, 4, 4])

    @Test func piecewiseChangesAtItsEpochs() throws {
        let schedule = try LearningRateSchedule(
            baseRate: 0.1, warmup: .epochs(1),
            momentum: .piecewise(values: [0.5, 0.9, 0.99], epochs: [0, 1.25, 4]))
        for step in 0..<60 {
            let expected = step < 13 ? 0.5 : step < 40 ? 0.9 : 0.99
            #expect(schedule.momentum(step: step, in: Self.run) == expected, "step \(step)")
        }
        for (step, expected) in [(19, 0.5), (20, 0.9), (47, 0.9), (48, 0.99)] {
            #expect(schedule.momentum(step: step, in: Self.growing) == expected, "step \(step)")
        }
        #expect(schedule.movesMomentum)
    }

    @Test func piecewiseByEpochWaitsForTheNextEpoch() throws {
        let schedule = try LearningRateSchedule(
            baseRate: 0.1, by: .epoch, momentum: .piecewise(values: [0.5, 0.9], epochs: [0, 1.25]))
        for step in 0..<60 {
            #expect(schedule.momentum(step: step, in: Self.run) == (step < 20 ? 0.5 : 0.9), "step \(step)")
        }
    }

    @Test func linear() throws {
        let momentum = MomentumSchedule.linear(from: 0.5, to: 0.99, epochs: 4)
        let schedule = try LearningRateSchedule(baseRate: 0.1, warmup: .epochs(1), momentum: momentum)
        let byEpoch = try LearningRateSchedule(baseRate: 0.1, by: .epoch, momentum: momentum)
        for step in 0..<60 {
            let value = try #require(schedule.momentum(step: step, in: Self.run))
            let expected = step < 40 ? 0.5 + 0.49 * Double(step) / 40 : 0.99
            #expect(abs(value - expected) <= 1e-15, "step \(step)")
            #expect(
                byEpoch.momentum(step: step, in: Self.run)
                    == schedule.momentum(step: step / 10 * 10, in: Self.run))
        }
        let half = try #require(schedule.momentum(step: 36, in: Self.growing))
        #expect(abs(half - (0.5 + 0.49 * 2.5 / 4)) <= 1e-15)
    }

    @Test func withoutAScheduleTheRulesOwnStays() throws {
        let schedule = try LearningRateSchedule(baseRate: 0.1, shape: .cosine())
        #expect(schedule.momentum(step: 3, in: Self.run) == nil)
        #expect(!schedule.movesMomentum)
        let cycle = try LearningRateSchedule(baseRate: 0.1, shape: .oneCycle(momentum: nil))
        #expect(cycle.momentum(step: 3, in: Self.run) == nil)
        #expect(!cycle.movesMomentum)
    }

    /// A cycle that leaves the momentum alone may have a schedule beside it.
    @Test func besideACycleOnlyOneOfTheTwo() throws {
        let momentum = MomentumSchedule.piecewise(values: [0.5], epochs: [0])
        let schedule = try LearningRateSchedule(
            baseRate: 0.1, shape: .oneCycle(momentum: nil), momentum: momentum)
        #expect(schedule.momentum(step: 3, in: Self.run) == 0.5)
        let error = #expect(throws: OptionError.self) {
            try LearningRateSchedule(baseRate: 0.1, shape: .oneCycle(), momentum: momentum)
        }
        #expect(error?.kind == .conflict)
        #expect(error?.key == "cycle_momentum")
    }

    @Test(arguments: [
        (MomentumSchedule.piecewise(values: [], epochs: []), "momentum.values"),
        (.piecewise(values: [0.5, 1], epochs: [0, 1]), "momentum.values"),
        (.piecewise(values: [-0.1], epochs: [0]), "momentum.values"),
        (.piecewise(values: [.nan], epochs: [0]), "momentum.values"),
        (.piecewise(values: [0.5, 0.9], epochs: [0]), "momentum.epochs"),
        (.piecewise(values: [0.5, 0.9], epochs: [1, 2]), "momentum.epochs"),
        (.piecewise(values: [0.5, 0.9, 0.9], epochs: [0, 2, 2]), "momentum.epochs"),
        (.piecewise(values: [0.5, 0.9], epochs: [0, .infinity]), "momentum.epochs"),
        (.linear(from: 1, to: 0.5, epochs: 1), "momentum.from"),
        (.linear(from: 0.5, to: 1, epochs: 1), "momentum.to"),
        (.linear(from: 0.5, to: 0.9, epochs: 0), "momentum.epochs"),
    ])
    func badValues(_ momentum: MomentumSchedule, key: String) {
        let error = #expect(throws: OptionError.self) {
            try LearningRateSchedule(baseRate: 0.1, momentum: momentum)
        }
        #expect(error?.kind == .outOfRange)
        #expect(error?.key == key)
    }
}
