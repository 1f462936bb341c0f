import Messages

/// The wording in which messages say what to change and how to continue: the command line's, or that of a Swift
/// program, which has settings instead of flags.
///
/// Messages are written with the command line's flags and configuration keys. A table translates these to Swift, so
/// that no message exists twice.
public enum Wording: Sendable, Hashable {
    /// For a Swift program that trains with the library.
    case swift
    /// For the command line, which was started as `program`.
    case commandLine(program: String)
    /// For a command that continues by itself when it is repeated.
    case repeated(command: String)

    /// How to continue the run in `output`, as text to use from the current folder; without the folder if it is not
    /// known.
    package func continuation(output: String?) -> String {
        switch self {
        case .swift:
            "settings.resume = .auto"
                + (output.map { " and settings.output = \(String(reflecting: $0))" } ?? "")
        case .commandLine(let program):
            output.map { "\(ShellWord.quoted(program)) --resume auto --output \(ShellWord.quoted($0))" }
                ?? "--resume auto"
        case .repeated(let command): command
        }
    }

    /// What to do next with the run in `output`, one line each: commands that work from the current folder, or what a
    /// Swift program calls. Empty if the command that made the run continues by itself.
    ///
    /// - Parameter isFinished: Whether the run has no steps left.
    package func nextSteps(output: String, isFinished: Bool) -> [String] {
        switch self {
        case .swift:
            (isFinished ? [] : ["to go on, \(continuation(output: output))"])
                + ["Trainer.evaluate and Trainer.diagnose with weights: \(String(reflecting: output))"]
        case .commandLine(let program):
            (isFinished ? [] : [continuation(output: output)])
                + ["report", "evaluate", "diagnose"].map { command in
                    // A folder whose name begins with a dash would be taken for an option.
                    let folder = output.hasPrefix("-") ? "./\(output)" : output
                    return "\(ShellWord.quoted(program)) \(command) \(ShellWord.quoted(folder))"
                }
        case .repeated: []
        }
    }

    /// Translates a message from the command line's words to this wording.
    package func callAsFunction(_ message: String) -> String {
        guard self == .swift else { return message }
        return Self.swiftWords.reduce(message) { text, pair in
            Self.replacing(pair.written, with: pair.swift, in: text)
        }
    }

    /// The Swift words for those of the command line; longer ones come before their parts.
    private static let swiftWords: [(written: String, swift: String)] = [
        ("start anew without --resume", "start anew with settings.resume = .no"),
        ("--resume auto", "settings.resume = .auto"),
        ("--resume", "settings.resume"),
        (
            "replace the landscape with --overwrite, or choose another --output",
            "replace the landscape with overwrites of LandscapeOptions, or choose another output"
        ),
        ("--overwrite", "settings.overwritesOutput = true"),
        ("--escape --output DIR", "escapingTo: of Trainer.diagnose"),
        ("--output", "settings.output"),
        ("--data train", "data: .train"),
        ("--along eigenvectors", "along: .eigenvectors"),
        ("--along plane", "along: .plane"),
        ("--along permutation", "along: .permutation"),
        ("--path", "along: .path"),
        ("--outputs", "along: .outputs"),
        ("--taylor", "expands of LandscapeOptions"),
        ("--batch-norm training", "usesBatchStatistics of LandscapeOptions"),
        ("--range", "range of LandscapeOptions"),
        ("--points", "points of LandscapeOptions"),
        ("--radius", "radius of LandscapeOptions"),
        ("--examples", "examples of LandscapeOptions"),
        ("--min-lr", "lowest of RateSearchOptions"),
        ("--max-lr", "highest of RateSearchOptions"),
        ("--steps", "steps of RateSearchOptions"),
        ("--smoothing", "smoothing of RateSearchOptions"),
        ("--dense", "isDense of DiagnosisOptions"),
        ("--epsilon", "epsilon of DiagnosisOptions"),
        ("training.on_plateau", "settings.onPlateau"),
        ("logging.curvature", "settings.curvatureSteps"),
        ("logging.parameters", "settings.parameterSteps"),
        ("logging.effective_rates", "settings.effectiveRateSteps"),
        ("logging.covariate_shift", "settings.covariateShiftSteps"),
        ("set training.batch to full", "set settings.isFullBatch to true"),
        ("training.batch must be full", "settings.isFullBatch must be true"),
        ("batch: full", "isFullBatch"),
        ("online: true", "isOnline"),
        ("delayed: true", "isDelayed"),
        ("max_skipped_steps: 0", "maximumSkippedSteps of 0"),
        ("training.watch by step", "watchesEvaluations"),
        ("training.watch must be by epoch", "settings.watchesEvaluations must be false"),
        ("training.watch", "settings.watchedMetric"),
        ("set evaluation.every_steps", "set settings.evaluationSteps"),
        ("evaluation.every_steps", "settings.evaluationSteps"),
        ("training.delayed: true", "isDelayed"),
        ("sync: true", "synchronized: true"),
        ("training.early_stopping", "settings.earlyStopping"),
        ("training.exchange", "settings.exchange"),
        ("training.precision", "settings.precision"),
        ("training.bucket_bytes", "settings.bucketBytes"),
        ("logging.every_steps", "settings.loggingSteps"),
        ("logging.noise_scale", "settings.logsNoiseScale"),
        ("logging.layers", "settings.logsLayers"),
        ("checkpoint.keep", "settings.checkpoints.keep"),
        ("training.batch: full", "settings.isFullBatch"),
        ("training.batch: auto", "settings.choosesBatch"),
        ("training.memory", "settings.memoryLimit"),
        ("dtrain lr-find", "Trainer.findRate"),
        ("training.batch_growth", "settings.growth"),
        ("training.batch", "settings.batch"),
        ("training.shards", "settings.shards"),
        ("training.epochs", "settings.epochs"),
        ("training.max_minutes", "settings.maximumMinutes"),
        ("training.accumulate", "settings.accumulate"),
        ("training.delayed", "settings.isDelayed"),
        ("training.online", "settings.isOnline"),
        ("training.skip_spikes", "settings.spikes"),
        ("training.max_skipped_steps", "settings.maximumSkippedSteps"),
        ("training.stall_timeout", "settings.stallTimeout"),
        ("training.seed", "settings.seed"),
        ("training.workers", "settings.workers"),
        ("training.check_replicas", "settings.replicaCheckSteps"),
        ("training.clip", "settings.clipping"),
        ("training.transport", "transport of DistributedProgram.run"),
        ("training.instruction_set", "instructionSet of DistributedProgram.run"),
        ("set schedule.by to epoch", "create settings.schedule with by: .epoch"),
        ("schedule.by", "the schedule's unit"),
        ("schedule.eta_min", "eta_min of settings.schedule"),
        ("schedule.end", "end of settings.schedule"),
        ("schedule.eta_tau", "eta_tau of settings.schedule"),
        ("schedule.final_div_factor", "final_div_factor of settings.schedule"),
        ("schedule.min_lr", "min_lr of settings.schedule"),
        ("schedule.gamma", "gamma of settings.schedule"),
        ("schedule.momentum", "the momentum of settings.schedule"),
        ("schedule must be left out", "settings.schedule must be .constant"),
        ("optimizer.lr", "the lr of settings.optimizer"),
        ("optimizer.lookahead", "lookahead of settings.optimizer"),
        ("optimizer.radius", "the radius of settings.optimizer"),
        ("optimizer.sharded", "isSharded of settings.optimizer"),
        (
            "set optimizer.negative_curvature to follow",
            "create settings.optimizer with negative_curvature: follow"
        ),
        ("optimizer.no_decay", "noDecay of settings.optimizer"),
        ("evaluation.metrics", "settings.metrics"),
        ("init.weights", "settings.initialWeights"),
        ("init.default", "the layers' default initializers"),
        ("checkpoint.every_steps", "settings.checkpoints.everySteps"),
        ("checkpoint.every_epochs", "settings.checkpoints.everyEpochs"),
        ("checkpoint.every_minutes", "settings.checkpoints.everyMinutes"),
        ("data.train.lengths", "lengths in settings.data.training"),
        ("data.bucket", "settings.data.bucket"),
        ("data.train.labels", "labels in settings.data.training"),
        ("data.validation", "settings.data.validation"),
        ("data.normalize", "settings.data.normalization"),
        ("data.augment", "settings.data.augmentation"),
        ("set data.shuffle to epoch", "set settings.data.shuffle to .epoch"),
        ("data.shuffle", "settings.data.shuffle"),
        ("data.train", "settings.data.training"),
        ("data.test", "settings.data.test"),
        ("loss.class_weights", "classWeights of settings.loss"),
        ("loss.pos_weight", "positiveWeights of settings.loss"),
        ("loss: mse", "settings.loss = .meanSquaredError"),
        ("loss: cross_entropy", "settings.loss = .crossEntropy"),
        ("task: regression", "task: .regression in CSVOptions"),
    ]

    /// Replaces a word where it stands alone, so that parts of paths and of longer words are kept.
    private static func replacing(_ word: String, with other: String, in text: String) -> String {
        var result = ""
        var rest = text[...]
        while let found = rest.firstRange(of: word) {
            let isWhole =
                !continues(rest[..<found.lowerBound].last ?? result.last, forwards: false)
                && !continues(rest[found.upperBound...].first, forwards: true)
            result += rest[..<found.lowerBound]
            result += isWhole ? other : word
            rest = rest[found.upperBound...]
        }
        return result + rest
    }

    /// Whether a character continues a word. After a word, a point may begin the name of a part.
    private static func continues(_ character: Character?, forwards: Bool) -> Bool {
        guard let character else { return false }
        return character.isLetter || character.isNumber || "_-/".contains(character)
            || (!forwards && ".".contains(character))
    }
}
