import Optimizers
import Options
import Testing

/// The examples of the doc comments, line by line.
@Suite struct DocumentationExampleTests {
    private func isClose(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-14 * abs(b) }

    @Test func updateRule() throws {
        let rule: any UpdateRule = try Adam()
        #expect(rule.stateNames == ["exp_avg", "exp_avg_sq"])
        #expect(rule.takesMomentum)
        let scalars = rule.scalars(step: 1, learningRate: 1e-3, momentum: 0.5)
        #expect(scalars[Adam.Scalar.learningRate] == 1e-3)
        #expect(scalars[Adam.Scalar.beta1] == 0.5)
    }

    @Test func optimizerConfiguration() throws {
        let optimizer = try OptimizerConfiguration(
            name: "sgd", options: ["lr": .number(0.05), "momentum": .number(0.9)])
        #expect(optimizer.learningRate == 0.05)
        #expect(optimizer.rule.stateNames == ["momentum_buffer"])
        #expect(optimizer.options.map(\.name) == ["lr", "momentum", "dampening", "weight_decay", "nesterov"])
        #expect(OptimizerConfiguration.names.first == "sgd")
        let slow = try OptimizerConfiguration(name: "adam", lookahead: LookaheadOptions(k: 10))
        #expect(slow.rule.stateNames == ["exp_avg", "exp_avg_sq", "slow"])
    }

    @Test func gradientClipping() throws {
        let clipping = try GradientClipping(maximumNorm: 1)
        #expect(clipping.coefficient(norm: 0.5) == 1)
        #expect(clipping.coefficient(norm: 4) == 1 / 4.000001)
        #expect(GradientClipping.off.coefficient(norm: 4) == 1)
        #expect(try GradientClipping(maximumValue: 2).maximumValue == 2)
    }

    private struct Harmonic: ScheduleShape {
        var name: String { "harmonic" }
        func validate(baseRate: Double) throws(OptionError) {}
        func rate(baseRate: Double, at position: SchedulePosition) -> Double {
            baseRate / Double(1 + position.index)
        }
    }

    @Test func scheduleShape() throws {
        let schedule = try LearningRateSchedule(baseRate: 0.6, shape: Harmonic(), by: .epoch)
        #expect(isClose(schedule.rate(step: 25, stepsPerEpoch: 10, totalSteps: 50), 0.2))
    }

    @Test func constantShape() throws {
        let schedule = try LearningRateSchedule(baseRate: 0.1, shape: .constant)
        #expect(schedule.rate(step: 7, stepsPerEpoch: 10, totalSteps: 50) == 0.1)
    }

    @Test func stepShape() throws {
        let schedule = try LearningRateSchedule(baseRate: 0.8, shape: .step(size: 2, gamma: 0.5))
        #expect(isClose(schedule.rate(step: 19, stepsPerEpoch: 10, totalSteps: 50), 0.8))
        #expect(isClose(schedule.rate(step: 20, stepsPerEpoch: 10, totalSteps: 50), 0.4))
        #expect(isClose(schedule.rate(step: 49, stepsPerEpoch: 10, totalSteps: 50), 0.2))
    }

    @Test func cosineShape() throws {
        let schedule = try LearningRateSchedule(baseRate: 0.1, shape: .cosine(minimum: 0.02))
        #expect(isClose(schedule.rate(step: 0, stepsPerEpoch: 10, totalSteps: 40), 0.1))
        #expect(isClose(schedule.rate(step: 20, stepsPerEpoch: 10, totalSteps: 40), 0.06))
    }

    @Test func learningRateSchedule() throws {
        let schedule = try LearningRateSchedule(baseRate: 0.4, shape: .cosine(), warmup: .epochs(0.4))
        #expect(isClose(schedule.rate(step: 0, stepsPerEpoch: 10, totalSteps: 44), 0.1))
        #expect(isClose(schedule.rate(step: 2, stepsPerEpoch: 10, totalSteps: 44), 0.25))
        #expect(isClose(schedule.rate(step: 4, stepsPerEpoch: 10, totalSteps: 44), 0.4))
        #expect(isClose(schedule.rate(step: 24, stepsPerEpoch: 10, totalSteps: 44), 0.2))
    }

    @Test func scheduleNames() throws {
        let schedule = try LearningRateSchedule(
            name: "step", options: ["step_size": .number(2), "warmup": .number(1)], baseRate: 0.1)
        #expect(schedule.warmupSteps(stepsPerEpoch: 10) == 10)
        #expect(
            try LearningRateSchedule.optionNames(of: "step")
                == ["step_size", "gamma", "warmup", "warmup_steps", "by", "scale_with_batch"])
        // Of the two lengths of the warm-up the one that is used.
        let options = try ScheduleConfiguration(name: "step", options: ["step_size": 2, "warmup": 1])
            .options(baseRate: 0.1)
        #expect(options.map(\.value.description) == ["2", "0.1", "1", "step"])
    }
}
