import Optimizers
import Options
import Testing

/// Options of schedules that are refused, and what the errors say.
@Suite struct ScheduleErrorTests {
    /// A schedule with options of which the last makes it bad, with the error's sort and key.
    struct BadOptions: Sendable, CustomTestStringConvertible {
        let name: String
        let options: [String: OptionValue]
        let key: String
        let kind: OptionError.Kind

        init(
            _ name: String, _ options: [String: OptionValue], _ key: String,
            _ kind: OptionError.Kind = .outOfRange
        ) {
            (self.name, self.options, self.key, self.kind) = (name, options, key, kind)
        }

        var testDescription: String { "\(name) \(key)" }
    }

    private static let bad: [BadOptions] = [
        BadOptions("multi_step", [:], "milestones", .missingOption),
        BadOptions("multi_step", ["milestones": .number(3)], "milestones", .wrongType),
        BadOptions("multi_step", ["milestones": .numbers([])], "milestones"),
        BadOptions("multi_step", ["milestones": .numbers([0, 2])], "milestones"),
        BadOptions("multi_step", ["milestones": .numbers([2, 2])], "milestones"),
        BadOptions("multi_step", ["milestones": .numbers([3, 2])], "milestones"),
        BadOptions("multi_step", ["milestones": .numbers([1.5])], "milestones"),
        BadOptions("multi_step", ["milestones": .numbers([1e300])], "milestones"),
        BadOptions("multi_step", ["milestones": .numbers([1]), "gamma": .number(0)], "gamma"),
        BadOptions("exponential", [:], "gamma", .missingOption),
        BadOptions("exponential", ["gamma": .number(-1)], "gamma"),
        BadOptions("cosine_restarts", [:], "t_0", .missingOption),
        BadOptions("cosine_restarts", ["t_0": .number(0)], "t_0"),
        BadOptions("cosine_restarts", ["t_0": .number(1.5)], "t_0"),
        BadOptions("cosine_restarts", ["t_0": .number(1), "t_mult": .number(0)], "t_mult"),
        BadOptions("cosine_restarts", ["t_0": .number(1), "eta_min": .number(0.2)], "eta_min", .conflict),
        BadOptions("one_cycle", ["pct_start": .number(1.1)], "pct_start"),
        BadOptions(
            "one_cycle", ["pct_start": .number(0.6), "three_phase": .flag(true)], "pct_start", .conflict),
        BadOptions("one_cycle", ["anneal_strategy": .text("cosine")], "anneal_strategy"),
        BadOptions("one_cycle", ["div_factor": .number(0.5)], "div_factor"),
        BadOptions("one_cycle", ["final_div_factor": .number(0)], "final_div_factor"),
        BadOptions("one_cycle", ["final_div_factor": .number(0.03)], "final_div_factor", .conflict),
        BadOptions("one_cycle", ["base_momentum": .number(1)], "base_momentum"),
        BadOptions("one_cycle", ["max_momentum": .number(0.5)], "base_momentum", .conflict),
        BadOptions("polynomial", ["power": .number(0)], "power"),
        BadOptions("polynomial", ["end": .number(-0.1)], "end"),
        BadOptions("polynomial", ["end": .number(0.2)], "end", .conflict),
        BadOptions("linear", ["tau": .number(0)], "tau"),
        BadOptions("linear", ["tau_fraction": .number(1.5)], "tau_fraction"),
        BadOptions("linear", ["tau": .number(2), "tau_fraction": .number(0.5)], "tau_fraction", .conflict),
        BadOptions("linear", ["eta_tau": .number(-1)], "eta_tau"),
        BadOptions("linear", ["eta_tau": .number(1)], "eta_tau", .conflict),
        BadOptions("linear", ["tua": .number(1)], "tua", .unknownOption),
        BadOptions("inverse", ["tau": .number(0)], "tau"),
        BadOptions("inverse_sqrt", ["tau": .number(1)], "tau", .unknownOption),
        BadOptions("cyclical", [:], "base_lr", .missingOption),
        BadOptions("cyclical", ["base_lr": .number(0.2)], "base_lr", .conflict),
        BadOptions("cyclical", ["base_lr": .number(0), "step_size_up": .number(0)], "step_size_up"),
        BadOptions("cyclical", ["base_lr": .number(0), "step_size_down": .number(2.5)], "step_size_down"),
        BadOptions("cyclical", ["base_lr": .number(0), "step_size_up": .number(1e15)], "step_size_up"),
        BadOptions("cyclical", ["base_lr": .number(0), "mode": .text("triangle")], "mode"),
        BadOptions("cyclical", ["base_lr": .number(0), "gamma": .number(1.1)], "gamma"),
        BadOptions("reduce_on_plateau", ["factor": .number(1)], "factor"),
        BadOptions("reduce_on_plateau", ["patience": .number(-1)], "patience"),
        BadOptions("reduce_on_plateau", ["threshold": .number(-1)], "threshold"),
        BadOptions("reduce_on_plateau", ["threshold_mode": .text("relative")], "threshold_mode"),
        BadOptions("reduce_on_plateau", ["cooldown": .number(0.5)], "cooldown"),
        BadOptions("reduce_on_plateau", ["min_lr": .number(0.5)], "min_lr", .conflict),
        BadOptions("reduce_on_plateau", ["eps": .number(-1)], "eps"),
        BadOptions("reduce_on_plateau", ["metric": .text("test_loss")], "metric"),
        BadOptions("reduce_on_plateau", ["mode": .text("up")], "mode"),
        BadOptions("constant", ["scale_with_batch": .number(-256)], "scale_with_batch"),
        BadOptions("constant", ["scale_with_batch": .number(0.5)], "scale_with_batch"),
        BadOptions("constant", ["scale_with_batch": .number(256)], "scale_with_batch", .conflict),
    ]

    @Test(arguments: bad)
    func isRefused(_ bad: BadOptions) {
        let error = #expect(throws: OptionError.self) {
            try LearningRateSchedule(name: bad.name, options: bad.options, baseRate: 0.1)
        }
        #expect(error?.key == bad.key)
        #expect(error?.kind == bad.kind)
    }

    @Test func messagesSayWhatIsAllowed() {
        let milestones = #expect(throws: OptionError.self) {
            try LearningRateSchedule(baseRate: 0.1, shape: .multiStep(milestones: [3, 1]))
        }
        #expect(
            milestones?.description
                == "milestones is [3, 1]; it must be a list of whole numbers of epochs from 1, each above the one before"
        )
        let mode = #expect(throws: OptionError.self) {
            try LearningRateSchedule(
                name: "cyclical", options: ["base_lr": .number(0), "mode": .text("triangle")], baseRate: 0.1)
        }
        #expect(mode?.candidates == ["triangular", "triangular2", "exp_range"])
    }

    @Test func shapesMadeInCodeAreCheckedToo() {
        let rules = [PlateauRule(patience: -1), PlateauRule(cooldown: -1), PlateauRule(factor: 0)]
        for rule in rules {
            #expect(throws: OptionError.self) {
                try LearningRateSchedule(baseRate: 0.1, shape: .reduceOnPlateau(rule))
            }
        }
        #expect(throws: OptionError.self) {
            try LearningRateSchedule(baseRate: 0.1, shape: .cosineRestarts(first: 0))
        }
        #expect(throws: OptionError.self) {
            try LearningRateSchedule(baseRate: 0.1, shape: .cyclical(from: 0, up: .max))
        }
        for scale in [0, -1, .nan, .infinity, 1e39] {
            #expect(throws: OptionError.self) { try LearningRateSchedule(baseRate: 1, scale: scale) }
        }
    }

    /// γ above 1 is for short searches: a run in which the rate leaves Float32 is refused before it starts.
    @Test func aRateThatOverflowsIsAnError() throws {
        let schedule = try LearningRateSchedule(baseRate: 1e-3, shape: .exponential(gamma: 2))
        try schedule.validate(stepsPerEpoch: 100, totalSteps: 100)
        let error = #expect(throws: OptionError.self) {
            try schedule.validate(stepsPerEpoch: 100, totalSteps: 200)
        }
        #expect(error?.kind == .conflict)
    }
}
