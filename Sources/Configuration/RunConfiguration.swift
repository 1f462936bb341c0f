import Foundation
import Layers

/// Everything a training run is told, checked and with all defaults filled in.
///
/// What it is made of is YAML text; the same text, overrides and folder make the same configuration on every
/// machine, so one process can read the file for all. Only where overrides move a finished run's data are its files
/// looked for.
package struct RunConfiguration: Sendable, Equatable {
    /// What is trained on, measured on and reported on.
    package let data: DataSection
    /// What is trained.
    package let model: ModelSection
    /// What training minimizes, with its place.
    private let lossSection: LossSection
    /// What evaluation reports.
    package let evaluation: EvaluationSection
    /// What training starts from; seeded initial values unless given.
    package let initial: InitSection
    /// How gradients change weights.
    package let optimizer: OptimizerSection
    /// How the learning rate moves.
    package let schedule: ScheduleSection
    /// How long, in what portions, and how ranks work together.
    package let training: TrainingSection
    /// When the state of training is saved.
    package let checkpoint: CheckpointSection
    /// What is written down of the run.
    package let logging: LoggingSection
    /// The folder for results, as it was given; relative ones are relative to the current folder. Unless given,
    /// "runs/NAME" with the name of the recipe or that of the file without its extension.
    package let output: String

    /// Reads a configuration.
    ///
    /// - Parameters:
    ///   - yaml: The text.
    ///   - source: What the text is from; a file's folder is where relative paths start from.
    ///   - overrides: What the command line puts in the place of the text's values, applied in this order.
    ///   - currentFolder: The absolute current folder.
    package init(
        yaml: String, source: SourceLocation.Source, overrides: [ConfigurationOverride] = [],
        currentFolder: String = FileManager.default.currentDirectoryPath
    ) throws(ConfigurationError) {
        var node = try ConfigurationNode(yaml: yaml, source: source)
        // A text of another form has no places for overrides.
        if case .mapping = node.content { for override in overrides { try node.apply(override) } }
        let paths = FilePaths(source: source, currentFolder: currentFolder)
        // An error about a missing key has the text as a whole as its place.
        let whole = Setting(node, path: "", at: SourceLocation(source))
        try whole.refuse("base", besides: "model", "it is a study, which dtrain study FILE makes")
        let map = try SettingMap(
            whole, keys: ConfigurationKeys.sections, "the sections of a configuration")
        let data = try DataSection(map.required("data", "the files to train on"), paths: paths)
        initial = try InitSection(map.optional("init"), paths: paths)
        model = try ModelSection(
            map.required("model", "a list of layers, or a built-in model's name"),
            initializers: initial.standard)
        lossSection = try LossSection(map["loss"], at: node.location)
        // Losses that compare numbers may find numbers in a table: that depends on the model.
        self.data = lossSection.loss.function.comparesNumbers ? data : data.settled(.classification)
        evaluation = try EvaluationSection(map["evaluation"], at: node.location)
        optimizer = try OptimizerSection(map["optimizer"], at: node.location)
        training = try TrainingSection(map["training"], at: node.location)
        schedule = try ScheduleSection(
            map["schedule"], baseRate: optimizer.configuration.learningRate, batch: training.stepExamples,
            hasValidation: data.validation != nil, at: node.location)
        checkpoint = try CheckpointSection(map["checkpoint"], at: node.location)
        logging = try LoggingSection(map["logging"], at: node.location)
        output = try map.optional("output")?.path("the path of a folder") ?? "runs/\(source.runName ?? "run")"
        try requireReadableForm(of: source)
    }

    /// What training minimizes; `cross_entropy` unless given.
    package var loss: Loss { lossSection.loss }

    /// The error of a model that does not fit its data or its loss, at the line it is about.
    package func configurationError(_ error: ModelError) -> ConfigurationError {
        error.subject == .loss ? lossSection.configurationError(error) : model.configurationError(error)
    }

    /// Throws unless the form with all defaults, which a run's folder keeps, can be read again: it is larger and deeper
    /// than what it was made of.
    private func requireReadableForm(of source: SourceLocation.Source) throws(ConfigurationError) {
        do throws(ConfigurationError) { _ = try ConfigurationNode(yaml: yaml, source: source) } catch {
            throw ConfigurationError(
                error.kind, at: SourceLocation(source), key: "",
                "with all defaults written out: \(error.problem)", advice: "use fewer layers or files")
        }
    }

    /// Reads a configuration file.
    package init(
        file: String, overrides: [ConfigurationOverride] = [],
        currentFolder: String = FileManager.default.currentDirectoryPath
    ) throws(ConfigurationError) {
        let file = FilePaths.withHome(file)
        try self.init(
            yaml: try Self.text(ofFile: file, currentFolder: currentFolder), source: .file(file),
            overrides: overrides, currentFolder: currentFolder)
    }

    /// Reads a built-in recipe.
    package init(
        recipe: Recipe, overrides: [ConfigurationOverride] = [],
        currentFolder: String = FileManager.default.currentDirectoryPath
    ) throws(ConfigurationError) {
        try self.init(
            yaml: recipe.yaml, source: .recipe(recipe.name), overrides: overrides,
            currentFolder: currentFolder)
    }

    /// The error of a file whose bytes are no UTF-8, at the first line that is none.
    private static func notUTF8(_ bytes: [UInt8], of file: String) -> ConfigurationError {
        let isWide = bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff])
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let line = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil }
        return ConfigurationError(
            .unreadable, at: SourceLocation(.file(file), line: isWide ? nil : line.map { $0 + 1 }), key: "",
            isWide ? "the file is UTF-16, no UTF-8 text" : "the file is no UTF-8 text",
            advice:
                "convert it: iconv -f \(isWide ? "UTF-16" : "WINDOWS-1252") -t UTF-8 \"\(file)\" > utf8.yaml")
    }

    /// The text of a configuration file, for a process that reads it for others; throws if it is missing, cannot
    /// be read, is longer than any configuration or no UTF-8.
    package static func text(
        ofFile file: String, currentFolder: String = FileManager.default.currentDirectoryPath
    ) throws(ConfigurationError) -> String {
        let place = SourceLocation(.file(file))
        func unreadable(_ problem: String) -> ConfigurationError {
            ConfigurationError(
                .unreadable, at: place, key: "", problem,
                advice:
                    "give the path of a YAML file; \"dtrain recipes fashion-cnn\" prints one to start from")
        }
        let path = file.hasPrefix("/") ? file : "\(currentFolder)/\(file)"
        guard let handle = FileHandle(forReadingAtPath: path) else {
            let exists = FileManager.default.fileExists(atPath: path)
            throw unreadable(exists ? "the file cannot be opened" : "there is no such file")
        }
        let bytes: Data?
        // One byte more than a configuration may have, so that a huge or endless file is never read whole.
        do { bytes = try handle.read(upToCount: ConfigurationNode.byteLimit + 1) } catch {
            throw unreadable("the file cannot be read")
        }
        guard let text = String(data: bytes ?? Data(), encoding: .utf8) else {
            if (bytes?.count ?? 0) > ConfigurationNode.byteLimit { throw unreadable("the file is too large") }
            throw notUTF8(Array(bytes ?? Data()), of: file)
        }
        return text
    }
}
