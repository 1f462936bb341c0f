import Optimizers
import Testing

@testable import Configuration

@Suite struct ScheduleTests {
    /// A configuration with validation data; data in line 1, the model in line 2.
    private static let validated = """
        data: {train: {format: npy, features: x.npy, labels: y.npy}, validation: {fraction: 0.1}}
        model: [flatten, linear: 10]

        """

    /// Sections as a user writes them, and in the form that stands in a run's config.yaml.
    private static let sections: [(String, String)] = [
        ("constant", "{name: constant, warmup: 0, by: step}"),
        (
            "{name: multi_step, milestones: [3, 6, 8]}",
            "{name: multi_step, milestones: [3, 6, 8], gamma: 0.1, warmup: 0, by: step}"
        ),
        (
            "{name: exponential, gamma: 0.95, by: epoch}",
            "{name: exponential, gamma: 0.95, warmup: 0, by: epoch}"
        ),
        (
            "{name: cosine_restarts, t_0: 2, t_mult: 2, warmup_steps: 5}",
            "{name: cosine_restarts, t_0: 2, t_mult: 2, eta_min: 0, warmup_steps: 5, by: step}"
        ),
        (
            "one_cycle",
            "{name: one_cycle, pct_start: 0.3, anneal_strategy: cos, div_factor: 25, final_div_factor: 10000, "
                + "three_phase: false, cycle_momentum: true, base_momentum: 0.85, max_momentum: 0.95, warmup: 0, "
                + "by: step}"
        ),
        ("polynomial", "{name: polynomial, power: 1, end: 0, warmup: 0, by: step}"),
        ("linear", "{name: linear, tau_fraction: 1, eta_tau: 0.0005, warmup: 0, by: step}"),
        (
            "{name: linear, tau: 2.5, eta_tau: 0}",
            "{name: linear, tau: 2.5, eta_tau: 0, warmup: 0, by: step}"
        ),
        ("inverse", "{name: inverse, tau: 1, warmup: 0, by: step}"),
        (
            "{name: inverse_sqrt, warmup_steps: 4000}",
            "{name: inverse_sqrt, warmup_steps: 4000, by: step}"
        ),
        (
            "{name: cyclical, base_lr: 0.001, step_size_up: 300}",
            "{name: cyclical, base_lr: 0.001, step_size_up: 300, step_size_down: 300, mode: triangular, gamma: 1, "
                + "cycle_momentum: true, base_momentum: 0.8, max_momentum: 0.9, warmup: 0, by: step}"
        ),
        (
            "{name: reduce_on_plateau, metric: validation_accuracy, patience: 3}",
            "{name: reduce_on_plateau, metric: validation_accuracy, mode: max, factor: 0.1, patience: 3, "
                + "threshold: 0.0001, threshold_mode: rel, cooldown: 0, min_lr: 0, eps: 1e-08, warmup: 0, by: step}"
        ),
        (
            "{name: cosine, scale_with_batch: 64, momentum: {values: [0.5, 0.9, 0.99], epochs: [0, 5, 20]}}",
            "{name: cosine, eta_min: 0, warmup: 0, by: step, scale_with_batch: 64, "
                + "momentum: {values: [0.5, 0.9, 0.99], epochs: [0, 5, 20]}}"
        ),
        (
            "{name: one_cycle, cycle_momentum: false, momentum: {from: 0.5, to: 0.99, epochs: 10}}",
            "{name: one_cycle, pct_start: 0.3, anneal_strategy: cos, div_factor: 25, final_div_factor: 10000, "
                + "three_phase: false, cycle_momentum: false, base_momentum: 0.85, max_momentum: 0.95, warmup: 0, "
                + "by: step, momentum: {from: 0.5, to: 0.99, epochs: 10}}"
        ),
        (
            "{name: step, step_size: 2, momentum: null}",
            "{name: step, step_size: 2, gamma: 0.1, warmup: 0, by: step}"
        ),
    ]

    @Test(arguments: sections)
    func sectionsAreWrittenWholeAndReadBack(section: String, written: String) throws {
        let optimizer = "optimizer: {name: sgd, lr: 0.05, momentum: 0.9}\n"
        let run = try read(Self.validated + optimizer + "schedule: \(section)\n")
        #expect(run.yaml.contains("\nschedule: \(written)\n"), "\(run.yaml)")
        let again = try read(run.yaml)
        #expect(again == run)
        #expect(again.yaml == run.yaml)
        #expect(try again.settings.rates().description == run.settings.rates().description)
    }

    @Test func everyScheduleIsAmongTheSections() {
        let written = Self.sections.map(\.1)
        for name in LearningRateSchedule.names where name != "step" && name != "cosine" {
            #expect(written.contains { $0.hasPrefix("{name: \(name),") }, "\(name)")
        }
    }

    @Test(arguments: [
        ("{name: cosin}", ".name: unknown schedule \"cosin\"; did you mean \"cosine\"?"),
        ("one_cycl", ": unknown schedule \"one_cycl\"; did you mean \"one_cycle\"?"),
        (
            "multi_step",
            ".milestones: missing; it must be a list of whole numbers of epochs from 1, each above the one before: the epochs"
        ),
        (
            "{name: multi_step, milestones: [0, 2]}",
            ".milestones.0: must be a whole number of epochs, at least 1, is 0"
        ),
        ("{name: cosine_restarts, t_0: 1.5}", ".t_0: expected a whole number, found 1.5"),
        (
            "{name: cyclical, base_lr: 0.0001, step_size_up: 0}",
            ".step_size_up: must be a whole number from 1 to 1000000000000, is 0"
        ),
        ("{name: exponential, gamma: 0}", ".gamma: must be a finite number above 0, is 0"),
        (
            "{name: multi_step, milestones: [4, 2]}",
            ".milestones: must be a list of whole numbers of epochs from 1, each above the one before, is [4, 2]"
        ),
        (
            "{name: multi_step, milestones: 4}",
            ".milestones: expected a list of whole numbers of epochs from 1, each above the one before, found 4"
        ),
        ("{name: multi_step, milestones: [a]}", ".milestones.0: expected a number, found \"a\""),
        ("{name: exponential, gama: 0.9}", ".gama: unknown option of exponential; did you mean \"gamma\"?"),
        ("{name: cosine, eta_min: -0.1}", ".eta_min: must be a finite number, at least 0, is -0.1"),
        ("{name: linear, eta_tau: 1}", ".eta_tau: must be at most lr, which is 0.001, is 1"),
        (
            "{name: linear, tau: 1, tau_fraction: 0.5}",
            ".tau_fraction: must be left out beside tau, which is 1 epoch, is 0.5"
        ),
        (
            "{name: linear, tau_steps: 100, tau_fraction: 0.5}",
            ".tau_fraction: must be left out beside tau_steps, which is 100, is 0.5"
        ),
        (
            "{name: linear, tau_steps: 0}", ".tau_steps: must be a whole number, at least 1, is 0"
        ),
        (
            "{name: one_cycle, anneal_strategy: linaer}",
            ".anneal_strategy: unknown annealing strategy \"linaer\"; did you mean \"linear\"?"
        ),
        (
            "{name: constant, by: epochs}",
            ".by: unknown unit \"epochs\"; did you mean \"epoch\"?"
        ),
        (
            "{name: reduce_on_plateau, metric: valdation_loss}",
            ".metric: unknown metric \"valdation_loss\"; did you mean \"validation_loss\"?"
        ),
        (
            "{name: constant, scale_with_batch: 2.5}",
            ".scale_with_batch: expected a whole number, found 2.5"
        ),
        (
            "{name: constant, momentum: 0.9}",
            ".momentum: expected {values: [0.5, 0.9], epochs: [0, 5]} or {from: 0.5, to: 0.9, epochs: 5} (values, from, to, epochs), found 0.9"
        ),
        (
            "{name: constant, momentum: {values: [0.9]}}",
            ".momentum.epochs: missing; it must be the epochs of the values, or how many the change takes"
        ),
        (
            "{name: constant, momentum: {value: [0.9]}}",
            ".momentum.value: unknown key; did you mean \"values\"?"
        ),
        (
            "{name: constant, momentum: {values: [0.9], epochs: [0], to: 1}}",
            ".momentum.to: must be left out beside values"
        ),
        (
            "{name: constant, momentum: {values: [0.9, 1], epochs: [0, 1]}}",
            ".momentum.values: must be one number or more, each at least 0 and below 1, is [0.9, 1]"
        ),
        (
            "{name: constant, momentum: {values: [0.5, 0.9], epochs: [0, 5, 20]}}",
            ".momentum.epochs: must be as many numbers as values, which are 2, is [0, 5, 20]"
        ),
        ("{name: constant, momentum: {from: 0.5, epochs: 5}}", ".momentum.to: missing; it must be a number"),
        (
            "{name: constant, momentum: {from: 0.5, to: 1.5, epochs: 5}}",
            ".momentum.to: must be at least 0 and below 1, is 1.5"
        ),
        (
            "{name: one_cycle, momentum: {from: 0.5, to: 0.9, epochs: 5}}",
            ".cycle_momentum: must be false beside momentum, as one_cycle would move it, too, is true"
        ),
    ])
    func badSections(section: String, message: String) {
        let failure = failure(Self.validated + "schedule: \(section)")
        #expect(failure.hasPrefix("config.yaml:3: schedule\(message)"), "\(failure)")
    }

    @Test func aPlateauNeedsValidationData() throws {
        let section = "schedule: {name: reduce_on_plateau}\n"
        #expect(
            failure(small + section)
                == "config.yaml:3: schedule: reduce_on_plateau watches validation_loss, but there are no validation "
                + "data; give data.validation, as {fraction: 0.1}")
        let run = try read(small + section, [try .set("data.validation.fraction=0.2")])
        #expect(try run.settings.rates().plateau == PlateauRule())
    }

    @Test func ratesScaleWithTheBatchOfTheCommandLine() throws {
        let text =
            small + "optimizer: {name: sgd, lr: 0.1}\nschedule: {name: cosine, scale_with_batch: 256}\n"
        #expect(try read(text).settings.rates().scale == 1)
        let run = try read(text, [try .set("training.batch=1024")])
        #expect(try run.settings.rates().scale == 4)
        #expect(try run.settings.rates().baseRate == 0.1)
        #expect(run != (try read(text, [try .set("training.batch=512")])))
    }

    @Test func nesterovsMomentum() throws {
        let optimizer = "optimizer: {name: sgd, lr: 0.1, momentum: 0.9, nesterov: true}\n"
        let run = try read(small + optimizer + "schedule: {name: constant, momentum: nesterov}\n")
        #expect(try run.settings.rates().momentum == .nesterov)
        #expect(run.yaml.contains("momentum: nesterov"))
        #expect(try read(run.yaml) == run)
    }

    @Test func partsOfTheMomentumAreSetOneByOne() throws {
        let text = small + "schedule: {name: cosine, momentum: {from: 0.5, to: 0.9, epochs: 5}}\n"
        let run = try read(text, [try .set("schedule.momentum.to=0.99")])
        #expect(try run.settings.rates().momentum == .linear(from: 0.5, to: 0.99, epochs: 5))
        let none = try read(text, [try .set("schedule.momentum=null")])
        #expect(try none.settings.rates().momentum == nil)
        #expect(none != run)
    }
}
