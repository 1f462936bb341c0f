import Optimizers
import Options
import Testing

/// A shape by the name and options of a configuration, for tests of what holds for every shape.
struct ScheduleCase: Sendable, CustomTestStringConvertible {
    let name: String
    let options: [String: OptionValue]
    /// Whether k is all that the shape sees of the place: not the epoch from the start, nor the warm-up.
    let countsBehindWarmup: Bool

    init(_ name: String, _ options: [String: OptionValue] = [:], countsBehindWarmup: Bool = true) {
        self.name = name
        self.options = options
        self.countsBehindWarmup = countsBehindWarmup
    }

    var testDescription: String { name }

    /// The schedule with η₀ = 0.4, and with more options.
    func schedule(_ more: [String: OptionValue] = [:], batch: Int? = nil) throws -> LearningRateSchedule {
        try LearningRateSchedule(
            name: name, options: options.merging(more) { $1 }, baseRate: 0.4, batch: batch)
    }

    /// One case or more of every shape there is.
    static let all: [ScheduleCase] = [
        ScheduleCase("constant"),
        ScheduleCase("step", ["step_size": .number(2), "gamma": .number(0.5)], countsBehindWarmup: false),
        ScheduleCase("multi_step", ["milestones": .numbers([1, 4])], countsBehindWarmup: false),
        ScheduleCase("exponential", ["gamma": .number(0.9)]),
        ScheduleCase("cosine", ["eta_min": .number(0.01)]),
        ScheduleCase("cosine_restarts", ["t_0": .number(2)]),
        ScheduleCase("cosine_restarts", ["t_0": .number(1), "t_mult": .number(2), "eta_min": .number(0.05)]),
        ScheduleCase("one_cycle"),
        ScheduleCase("one_cycle", ["three_phase": .flag(true), "anneal_strategy": .text("linear")]),
        ScheduleCase("polynomial", ["power": .number(1.5), "end": .number(0.02)]),
        ScheduleCase("linear"),
        ScheduleCase("linear", ["tau": .number(2.5), "eta_tau": .number(0.1)]),
        ScheduleCase("inverse", ["tau": .number(0.5)]),
        ScheduleCase("inverse_sqrt", countsBehindWarmup: false),
        ScheduleCase("cyclical", ["base_lr": .number(0.1), "step_size_up": .number(7)]),
        ScheduleCase(
            "cyclical",
            [
                "base_lr": .number(0.1), "step_size_up": .number(3), "step_size_down": .number(2),
                "mode": .text("triangular2"),
            ]),
        ScheduleCase("reduce_on_plateau", ["patience": .number(1)]),
    ]
}
