import Options

extension SettingsTable {
    /// The keys of what a run leaves behind: checkpoints, logs and its folder.
    static let records: [SettingKey] = [
        SettingKey(
            "checkpoint.every_steps", \.checkpoints.everySteps, .count(upTo: 1_000_000_000), .conduct,
            "Optimizer steps between two checkpoints; 0 for none between epochs."),
        SettingKey(
            "checkpoint.every_minutes", \.checkpoints.everyMinutes,
            .amount(AllowedNumbers("from 0 to 1000000", atLeast: 0, atMost: 1_000_000)), .conduct,
            "Minutes between two checkpoints, fractions allowed; 0 for none by time."),
        SettingKey(
            "checkpoint.keep", \.checkpoints.keep, .whole(1...1_000_000), .conduct,
            "How many of the newest checkpoints are kept."),
        SettingKey(
            "checkpoint.best", \.checkpoints.keepsBest, .flag, .conduct,
            "Whether the checkpoint of the best epoch is kept besides, where something is watched."),
        // Read after the other rules: any of them turns off the sparing default.
        SettingKey(
            "checkpoint.every_epochs", .wordOr("auto", .whole(0...1_000_000_000)), .conduct,
            "Epochs between two checkpoints, 0 for none; auto passes over ends of epochs while checkpoints would take too much time."
        ) {
            $0.checkpoints.isSparing ? .text("auto") : .whole($0.checkpoints.everyEpochs ?? 0)
        } set: { settings, value throws(OptionError) in
            guard value != .text("auto") else {
                settings.checkpoints.everyEpochs = 1
                settings.checkpoints.isSparing = true
                return
            }
            settings.checkpoints.everyEpochs = try OptionCodec<Int?>.count(upTo: 1_000_000_000).decode(value)
        },
        SettingKey(
            "logging.every_steps", \.loggingSteps, .whole(1...1_000_000_000), .conduct,
            "Optimizer steps between two lines of metrics."),
        SettingKey(
            "logging.noise_scale", \.logsNoiseScale, .flag, .conduct,
            "Whether the gradient noise scale, tr(Σ)/‖G‖² in examples, is measured.",
            source: "McCandlish et al. 2018"),
        SettingKey(
            "logging.layers", \.logsLayers, .flag, .conduct,
            "Whether the norm of every parameter's gradient is written."),
        SettingKey(
            "logging.predictions", \.keepsPredictions, .flag, .conduct,
            "Whether the run keeps what the final weights say of each test example."),
        SettingKey(
            "logging.curvature", countOrOff: \.curvatureSteps, .conduct,
            "Optimizer steps between two at which the loss's curvature is measured; 0 for none.",
            source: "Byrd et al. 2012, Bollapragada et al. 2018"),
        SettingKey(
            "logging.parameters", countOrOff: \.parameterSteps, .conduct,
            "Optimizer steps between two at which the parameters, at most 10,000, are kept for path.safetensors; 0 for none."
        ),
        SettingKey(
            "logging.effective_rates", countOrOff: \.effectiveRateSteps, .conduct,
            "Optimizer steps between two at which the rates that an adaptive rule has for single weights are measured; 0 for none."
        ),
        SettingKey(
            "logging.covariate_shift", countOrOff: \.covariateShiftSteps, .conduct,
            "Optimizer steps between two of which it is measured how far they move what each layer reads; 0 for none.",
            source: "Ioffe & Szegedy 2015"),
        SettingKey(
            "logging.tensorboard", \.writesTensorBoard, .flag, .conduct,
            "Whether an event file is written for TensorBoard."),
        SettingKey(
            "logging.csv", \.writesCSV, .flag, .conduct,
            "Whether steps.csv, epochs.csv and evaluations.csv are written."),
        SettingKey("output", \.output, .path("the path of a folder"), .conduct, "The folder for results."),
    ]
}
