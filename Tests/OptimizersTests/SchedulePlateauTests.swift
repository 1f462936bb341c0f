import Foundation
import Optimizers
import Options
import Testing

/// What a rate that follows a metric keeps, and what it may be told.
@Suite struct SchedulePlateauTests {
    private static let losses = [
        0.9, 0.8, 0.85, 0.85, 0.7, .nan, 0.7, 0.71, .infinity, 0.69, 0.69, 0.69, 0.69,
    ]

    /// Interrupted after any epoch, and read back from JSON, the run falls at the same epochs.
    @Test func stateSurvivesACheckpoint() throws {
        let rule = PlateauRule(factor: 0.3, patience: 1, cooldown: 1)
        var straight = PlateauState()
        var resumed = PlateauState()
        var falls = 0
        for loss in Self.losses {
            let before = straight.factor
            straight.observe(loss, by: rule, baseRate: 0.1)
            falls += straight.factor < before ? 1 : 0
            resumed.observe(loss, by: rule, baseRate: 0.1)
            resumed = try JSONDecoder().decode(PlateauState.self, from: JSONEncoder().encode(resumed))
            #expect(resumed == straight)
        }
        #expect(falls >= 2)
    }

    /// JSON has no infinities, and nothing would ever beat one.
    @Test func metricsThatAreNotFiniteAreNeverBest() throws {
        let rule = PlateauRule(metric: .validationAccuracy, patience: 5)
        var state = PlateauState()
        for metric in [Double.nan, .infinity, -.infinity] { state.observe(metric, by: rule, baseRate: 0.1) }
        #expect(state.best == nil)
        #expect(state.badEpochs == 3)
        state.observe(0.5, by: rule, baseRate: 0.1)
        #expect(state.best == 0.5)
        #expect(state.badEpochs == 0)
    }

    @Test func aRateOfZeroStays() {
        var state = PlateauState()
        for _ in 0..<5 { state.observe(1, by: PlateauRule(patience: 0), baseRate: 0) }
        #expect(state.factor == 1)
    }

    @Test func theModeIsTheMetrics() throws {
        func rule(_ options: [String: OptionValue]) throws -> PlateauRule {
            let schedule = try LearningRateSchedule(
                name: "reduce_on_plateau", options: options, baseRate: 0.1)
            return try #require(schedule.plateau)
        }
        #expect(try rule([:]) == PlateauRule())
        #expect(try rule([:]).mode == .lower)
        #expect(try rule(["metric": .text("validation_accuracy")]).mode == .higher)
        let given = try rule(["metric": .text("validation_accuracy"), "mode": .text("min")])
        #expect(given.mode == .lower)
        #expect(PlateauRule(metric: .validationAccuracy).mode == .higher)
    }

    /// The factor lowers all of the rate, the warm-up's part included.
    @Test func theFactorMultipliesTheWarmup() throws {
        let schedule = try LearningRateSchedule(
            baseRate: 0.4, shape: .reduceOnPlateau(), warmup: .steps(4), scale: 2)
        let run = RunShape(stepsPerEpoch: 5, epochs: 3)
        #expect(schedule.rate(step: 0, in: run, plateauFactor: 0.5) == 0.1)
        #expect(schedule.rate(step: 14, in: run, plateauFactor: 0.5) == 0.4)
        #expect(try LearningRateSchedule(baseRate: 0.4).plateau == nil)
    }
}
