import Optimizers
import Options
import Testing

/// What holds for every schedule: the warm-up in front, the scale, and that a value depends on its step alone.
@Suite struct SchedulePropertyTests {
    private static let run = RunShape(stepsPerEpoch: 10, epochs: 6)
    /// Epochs of a batch that grows twice.
    private static let growing = RunShape(stepsOfEpochs: [16, 16, 8, 8, 4, 4, 4])

    private static func isClose(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-13 * abs(b) + 1e-18 }

    @Test func everyShapeIsAmongTheCases() {
        for name in LearningRateSchedule.names { #expect(ScheduleCase.all.contains { $0.name == name }) }
    }

    @Test(arguments: ScheduleCase.all, ScheduleUnit.allCases)
    func warmupRisesToTheFirstRate(_ shape: ScheduleCase, by unit: ScheduleUnit) throws {
        let by = OptionValue.text(unit.rawValue)
        let first = try shape.schedule(["by": by]).rate(step: 0, in: Self.run)
        for run in [Self.run, Self.growing] {
            let warm = try shape.schedule(["warmup_steps": .number(8), "by": by])
            try warm.validate(run)
            // Another T, of which the first rate must not depend.
            for step in 0..<8 {
                let expected = first * (0.125 + 0.875 * Double(step) / 8)
                #expect(Self.isClose(warm.rate(step: step, in: run), expected), "step \(step)")
            }
            #expect(Self.isClose(warm.rate(step: 8, in: run), first))
        }
    }

    @Test(arguments: ScheduleCase.all.filter(\.countsBehindWarmup))
    func behindTheWarmupTheShapeStarts(_ shape: ScheduleCase) throws {
        let plain = try shape.schedule()
        let warm = try shape.schedule(["warmup": .number(1.3)])
        let rest = RunShape(stepsPerEpoch: 10, totalSteps: 60 - 13)
        for step in 13..<60 {
            let rate = warm.rate(step: step, in: Self.run)
            #expect(Self.isClose(rate, plain.rate(step: step - 13, in: rest)), "step \(step)")
            #expect(warm.momentum(step: step, in: Self.run) == plain.momentum(step: step - 13, in: rest))
        }
    }

    @Test(arguments: ScheduleCase.all)
    func byEpochTheRateChangesBetweenEpochs(_ shape: ScheduleCase) throws {
        let schedule = try shape.schedule(["by": .text("epoch")])
        let uniform = RunShape(stepsPerEpoch: 3, epochs: 7)
        for step in 0..<Self.growing.totalSteps {
            let epoch = Self.growing.epoch(of: step)
            // The length of epochs does not matter.
            #expect(
                schedule.rate(step: step, in: Self.growing) == schedule.rate(step: 3 * epoch, in: uniform))
            #expect(
                schedule.momentum(step: step, in: Self.growing)
                    == schedule.momentum(step: 3 * epoch, in: uniform))
        }
    }

    /// A resumed run makes its schedule anew and starts anywhere; one made of the written options is the same.
    @Test(arguments: ScheduleCase.all, ScheduleUnit.allCases)
    func aResumedRunGoesOnWithTheSameValues(_ shape: ScheduleCase, by unit: ScheduleUnit) throws {
        let more: [String: OptionValue] = ["warmup": .number(0.7), "by": .text(unit.rawValue)]
        let schedule = try shape.schedule(more)
        let written = try ScheduleConfiguration(
            name: shape.name, options: shape.options.merging(more) { $1 }
        ).options(baseRate: 0.4)
        let resumed = try LearningRateSchedule(
            name: shape.name, options: Dictionary(uniqueKeysWithValues: written.map { ($0.name, $0.value) }),
            baseRate: 0.4)
        #expect(resumed.description == schedule.description)
        for run in [Self.run, Self.growing] {
            let rates = (0..<run.totalSteps).map { schedule.rate(step: $0, in: run).bitPattern }
            let backwards = (0..<run.totalSteps).reversed().map { resumed.rate(step: $0, in: run).bitPattern }
            #expect(rates == backwards.reversed())
        }
    }

    @Test(arguments: ScheduleCase.all)
    func theScaleMultipliesEveryRate(_ shape: ScheduleCase) throws {
        let plain = try shape.schedule(["warmup_steps": .number(5)])
        let large = try shape.schedule(
            ["warmup_steps": .number(5), "scale_with_batch": .number(256)], batch: 1024)
        #expect(large.scale == 4)
        for step in 0..<60 {
            #expect(large.rate(step: step, in: Self.run) == 4 * plain.rate(step: step, in: Self.run))
            #expect(large.momentum(step: step, in: Self.run) == plain.momentum(step: step, in: Self.run))
        }
    }

    @Test func aSmallerBatchLowersTheRate() throws {
        let schedule = try LearningRateSchedule(
            name: "constant", options: ["scale_with_batch": .number(256)], baseRate: 0.4, batch: 64)
        #expect(schedule.rate(step: 0, in: Self.run) == 0.1)
        #expect(schedule.baseRate == 0.4)
    }

    @Test(arguments: ScheduleCase.all)
    func ratesAreNeverNegativeNorAboveTheBase(_ shape: ScheduleCase) throws {
        let schedule = try shape.schedule()
        for run in [Self.run, Self.growing, RunShape(stepsPerEpoch: 1, epochs: 1)] {
            for step in 0..<run.totalSteps {
                let rate = schedule.rate(step: step, in: run)
                #expect(rate >= 0 && rate <= 0.4 * (1 + 1e-15), "\(rate) at step \(step) of \(run)")
            }
        }
    }

    /// Checkpoints are told apart by this text, and those from before there was a scale or momentum still count.
    @Test func theDescriptionIsThatOfTheFirstFourParts() throws {
        struct LearningRateSchedule {
            let baseRate: Double
            let shape: any ScheduleShape
            let warmup: LearningRateWarmup
            let unit: ScheduleUnit
        }
        let before = LearningRateSchedule(
            baseRate: 0.05, shape: .cosine(minimum: 0.001), warmup: .epochs(1.5), unit: .epoch)
        let now = try Optimizers.LearningRateSchedule(
            baseRate: 0.05, shape: .cosine(minimum: 0.001), warmup: .epochs(1.5), by: .epoch)
        #expect("\(now)" == "\(before)")
        let scaled = try Optimizers.LearningRateSchedule(
            baseRate: 0.05, shape: .cosine(minimum: 0.001), warmup: .epochs(1.5), by: .epoch, scale: 2)
        #expect("\(scaled)" != "\(before)")
        let moved = try Optimizers.LearningRateSchedule(
            baseRate: 0.05, momentum: .linear(from: 0.5, to: 0.9, epochs: 2))
        #expect("\(moved)".contains("momentum"))
    }
}
