import Optimizers
import Testing

/// The examples of the schedules' doc comments, line by line.
@Suite struct ScheduleExampleTests {
    private func expect(
        _ schedule: LearningRateSchedule, _ step: Int, of totalSteps: Int, is expected: Double,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let rate = schedule.rate(step: step, stepsPerEpoch: 10, totalSteps: totalSteps)
        #expect(
            abs(rate - expected) <= 1e-14 * expected, "\(rate) at step \(step)",
            sourceLocation: sourceLocation)
    }

    @Test func runShape() {
        let run = RunShape(stepsOfEpochs: [8, 8, 4])
        #expect(run.totalSteps == 20)
        #expect(run.epoch(of: 17) == 2)
        #expect(run.epochs(before: 17) == 2.25)
        #expect(run.steps(inEpochs: 2.5) == 18)
    }

    @Test func multiStep() throws {
        let schedule = try LearningRateSchedule(
            baseRate: 0.8, shape: .multiStep(milestones: [2, 3], gamma: 0.5))
        expect(schedule, 19, of: 50, is: 0.8)
        expect(schedule, 20, of: 50, is: 0.4)
        expect(schedule, 30, of: 50, is: 0.2)
    }

    @Test func exponential() throws {
        let schedule = try LearningRateSchedule(baseRate: 0.8, shape: .exponential(gamma: 0.5), by: .epoch)
        expect(schedule, 9, of: 50, is: 0.8)
        expect(schedule, 25, of: 50, is: 0.2)
    }

    @Test func cosineRestarts() throws {
        let schedule = try LearningRateSchedule(
            baseRate: 0.1, shape: .cosineRestarts(first: 2, multiplier: 2, minimum: 0.02))
        expect(schedule, 10, of: 60, is: 0.06)
        expect(schedule, 20, of: 60, is: 0.1)
        expect(schedule, 40, of: 60, is: 0.06)
    }

    @Test func oneCycle() throws {
        let schedule = try LearningRateSchedule(baseRate: 1, shape: .oneCycle(annealing: .linear))
        expect(schedule, 0, of: 20, is: 0.04)
        expect(schedule, 5, of: 20, is: 1)
        let last = schedule.rate(step: 19, stepsPerEpoch: 10, totalSteps: 20)
        // It is what is left of 1 behind a subtraction.
        #expect(abs(last - 4e-6) <= 1e-15)
        #expect(schedule.momentum(step: 5, stepsPerEpoch: 10, totalSteps: 20) == 0.85)
    }

    @Test func polynomial() throws {
        let schedule = try LearningRateSchedule(baseRate: 0.1, shape: .polynomial(power: 2))
        expect(schedule, 0, of: 40, is: 0.1)
        expect(schedule, 20, of: 40, is: 0.025)
    }

    @Test func linear() throws {
        let schedule = try LearningRateSchedule(
            baseRate: 0.1, shape: .linear(to: 0.02, over: .epochs(2)))
        expect(schedule, 10, of: 40, is: 0.06)
        expect(schedule, 20, of: 40, is: 0.02)
        expect(schedule, 39, of: 40, is: 0.02)
    }

    @Test func inverse() throws {
        let schedule = try LearningRateSchedule(baseRate: 0.6, shape: .inverse(tau: 1))
        expect(schedule, 10, of: 50, is: 0.3)
        expect(schedule, 20, of: 50, is: 0.2)
    }

    @Test func inverseSquareRoot() throws {
        let schedule = try LearningRateSchedule(
            baseRate: 0.4, shape: .inverseSquareRoot, warmup: .steps(4))
        expect(schedule, 4, of: 50, is: 0.4)
        expect(schedule, 16, of: 50, is: 0.2)
    }

    @Test func cyclical() throws {
        let schedule = try LearningRateSchedule(baseRate: 0.5, shape: .cyclical(from: 0.1, up: 4))
        expect(schedule, 2, of: 20, is: 0.3)
        expect(schedule, 4, of: 20, is: 0.5)
        expect(schedule, 8, of: 20, is: 0.1)
        let momentum = try #require(schedule.momentum(step: 4, stepsPerEpoch: 10, totalSteps: 20))
        #expect(abs(momentum - 0.8) <= 1e-15)
    }

    @Test func reduceOnPlateau() throws {
        let schedule = try LearningRateSchedule(
            baseRate: 0.5, shape: .reduceOnPlateau(PlateauRule(patience: 0)))
        #expect(schedule.plateau?.patience == 0)
        #expect(schedule.rate(step: 30, stepsPerEpoch: 10, totalSteps: 50) == 0.5)
        #expect(schedule.rate(step: 30, stepsPerEpoch: 10, totalSteps: 50, plateauFactor: 0.1) == 0.05)
    }

    @Test func plateauState() {
        let rule = PlateauRule(patience: 1)
        var state = PlateauState()
        for loss in [0.9, 0.8, 0.8] { state.observe(loss, by: rule, baseRate: 0.5) }
        #expect(state.factor == 1)
        state.observe(0.8, by: rule, baseRate: 0.5)
        #expect(abs(state.factor - 0.1) <= 1e-15)
    }

    @Test func momentum() throws {
        let schedule = try LearningRateSchedule(
            baseRate: 0.1, momentum: .piecewise(values: [0.5, 0.9, 0.99], epochs: [0, 2, 4]))
        #expect(schedule.momentum(step: 19, stepsPerEpoch: 10, totalSteps: 50) == 0.5)
        #expect(schedule.momentum(step: 20, stepsPerEpoch: 10, totalSteps: 50) == 0.9)
    }

    @Test func names() throws {
        #expect(LearningRateSchedule.names.prefix(2) == ["constant", "step"])
        let large = try LearningRateSchedule(
            name: "constant", options: ["scale_with_batch": .number(256)], baseRate: 0.1, batch: 1024)
        expect(large, 0, of: 50, is: 0.4)
    }
}
