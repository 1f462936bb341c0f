import Optimizers
import Testing

@testable import Configuration

/// Batches that grow, wait or are taken together, and when a run ends early.
@Suite struct StepModeTests {
    /// A configuration with validation data, which early stopping watches.
    private static let validated = """
        data: {train: {format: npy, features: x.npy, labels: y.npy}, validation: {fraction: 0.1}}
        model: [flatten, linear: 10]

        """

    @Test func everyKeyArrives() throws {
        let training = try read(
            Self.validated + """
                training:
                  batch: 64
                  accumulate: 4
                  batch_growth: {epochs: [2, 5], factor: 1.5, max: 512}
                  max_skipped_steps: 3
                  skip_spikes: {sigma: 4, window: 32}
                  early_stopping: {metric: validation_accuracy, patience: 2, min_change: 0.01, restore_best: false}

                """
        ).settings
        #expect(training.batch == 64 && training.accumulate == 4 && training.maximumSkippedSteps == 3)
        #expect(training.growth == BatchGrowth(.atEpochs([2, 5]), factor: 1.5, maximum: 512))
        #expect(
            training.earlyStopping == EarlyStopping(patience: 2, minimumChange: 0.01, restoresBest: false))
        #expect(training.watchedMetric == "validation_accuracy")
        #expect(training.spikes == LossSpikeGuard(sigma: 4, window: 32))
        #expect(!training.isOnline && !training.isDelayed)
    }

    @Test func specialBatches() throws {
        let full = try read(small + "training: {batch: full}\n").settings
        #expect(full.isFullBatch && full.evaluationBatch == 1024)
        let online = try read(small + "training: {online: true}\n").settings
        #expect(online.isOnline && online.epochs == 1)
        #expect(try read(small + "training: {delayed: true}\n").settings.isDelayed)
        let growth = try read(small + "training: {batch_growth: {noise: true}}\n").settings.growth
        #expect(growth == BatchGrowth(.noise))
        let logging = try read(small + "logging: {noise_scale: true, layers: true}\n").settings
        #expect(logging.logsNoiseScale && logging.logsLayers && logging.loggingSteps == 10)
    }

    @Test(arguments: [
        "{batch: full, accumulate: 8}", "{online: true, delayed: true}", "{batch_growth: {every: 3}}",
        "{batch_growth: {noise: true, factor: 1.25, max: 100}, max_skipped_steps: 0}",
        "{watch: train_loss}", "{skip_spikes: 5.5}", "{skip_spikes: {window: 16}}",
        "{early_stopping: {metric: validation_loss}}", "{early_stopping: {}}",
    ])
    func roundTrip(training: String) throws {
        let run = try read(Self.validated + "training: \(training)\nlogging: {layers: true}\n")
        let again = try RunConfiguration(
            yaml: run.yaml, source: .file("/else/where.yaml"), currentFolder: "/")
        #expect(again == run && again.yaml == run.yaml)
    }

    @Test(arguments: [
        (
            "{batch: fully}",
            "training.batch: expected auto, or full, or a whole number from 1 to 16777216, found \"fully\""
        ),
        ("{accumulate: 0}", "training.accumulate: must be a whole number from 1"),
        ("{online: true, epochs: 2}", "training.epochs: must be 1 beside online: true"),
        ("{batch: full, batch_growth: {every: 2}}", "training.batch_growth: must be left out beside"),
        ("{delayed: true, accumulate: 2}", "training.delayed: must be false beside accumulate"),
        (
            "{batch_growth: {factor: 2}}",
            "training.batch_growth.epochs: missing; it must be a list of epochs such as [3, 6], unless every or noise says"
        ),
        (
            "{batch_growth: {every: 2, noise: true}}",
            "training.batch_growth.noise: must be left out beside every, which says when, is true"
        ),
        ("{batch_growth: {every: 2, factor: 1}}", "training.batch_growth.factor: must be a number above 1"),
        ("{batch_growth: {epochs: [3, 3]}}", "training.batch_growth.epochs.1: must be above the epoch"),
        ("{batch_growth: {epochs: []}}", "training.batch_growth.epochs: must have at least one element"),
        ("{batch_growth: {evry: 2}}", "training.batch_growth.evry: unknown key; did you mean \"every\"?"),
        ("{early_stopping: {patience: 0}}", "training.early_stopping.patience: must be a whole number"),
        ("{early_stopping: {min_change: -1}}", "training.early_stopping.min_change: must be a finite"),
        (
            "{early_stopping: {metric: validation_los}}",
            "training.early_stopping.metric: unknown metric \"validation_los\"; did you mean \"validation_loss\"?"
        ),
        ("{skip_spikes: 0}", "training.skip_spikes: must be a number above 0"),
        ("{skip_spikes: {sigma: -1}}", "training.skip_spikes.sigma: must be a number above 0"),
        ("{skip_spikes: {window: 3}}", "training.skip_spikes.window: must be a whole number from 4"),
        ("{skip_spikes: 6, delayed: true}", "training.skip_spikes: must be left out beside delayed"),
        (
            "{skip_spikes: 6, max_skipped_steps: 0}",
            "training.skip_spikes: must be left out beside max_skipped"
        ),
        (
            "{early_stopping: {}}",
            "config.yaml:3: training.early_stopping: watches validation_loss, but there is no validation data"
        ),
        (
            "{watch: validation_f1}",
            "config.yaml:3: training.watch: watches validation_f1, but there is no validation data"
        ),
        ("{max_skipped_steps: -1}", "training.max_skipped_steps: must be a whole number"),
    ])
    func errors(training: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try read(small + "training: \(training)\n")
        }
        #expect("\(error.map(String.init(describing:)) ?? "")".contains(message))
    }
}
