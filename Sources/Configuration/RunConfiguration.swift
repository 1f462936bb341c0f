import Datasets
import Foundation
import Layers
import Options
import Training

/// The complete configuration of a training run, checked and with all defaults filled in.
///
/// It is read from YAML text. The same text, overrides and folder make the same configuration on every machine, so one
/// process can read the file for all. Data files are looked for only if overrides move those of a finished run.
///
/// Reading has five stages, each of which leaves to the next what it cannot know:
///
/// 1. `ConfigurationNode(yaml:)`: the text as lists, mappings and words, with the line of each. No types yet.
/// 2. `ConfigurationNode.apply`: overrides change that tree, so that `--set` gets the checks and errors of a file.
/// 3. `SettingMap` and `FormReader`: each section's keys, which are the rows of Training's `SettingsTable`, become values
///    of their forms.
/// 4. `SettingKey.set`: each value becomes a part of the `TrainingSettings`.
/// 5. `finish`: what several keys decide together, and whether they go together.
///
/// So a new key is a row of the `SettingsTable`, a new method an entry of a list of the `Vocabulary`, and neither needs a
/// change here.
public struct RunConfiguration: Sendable, Equatable {
    /// The settings of the run. Their `configurationText` is the configuration as YAML in one fixed form: every key
    /// with its value, given or default, and absolute paths of data, but nothing that depends on ranks, time or the
    /// machine. Reading it gives an equal configuration.
    public var settings: TrainingSettings
    /// The keys by which it was read.
    private let table: SettingsTable
    /// The configuration as written, overrides included: errors that are found later, such as in a model's shapes, get
    /// their lines from it.
    let whole: Setting
    /// The absolute paths of data that another data.root would move; an error about such a path says so.
    let movable: Set<String>

    /// Reads a configuration.
    ///
    /// - Parameters:
    ///   - yaml: The text.
    ///   - source: Where the text is from; relative paths start from a file's folder.
    ///   - overrides: Changes by the command line, applied in this order.
    ///   - currentFolder: The absolute current folder.
    ///   - vocabulary: The choices that can be picked by name; nil for dtrain's own.
    package init(
        yaml: String, source: SourceLocation.Source, overrides: [ConfigurationOverride] = [],
        currentFolder: String = FileManager.default.currentDirectoryPath,
        vocabulary: Vocabulary? = nil
    ) throws(ConfigurationError) {
        table = vocabulary.map { SettingsTable($0) } ?? .standard
        var node = try ConfigurationNode(yaml: yaml, source: source)
        // Only a mapping can be changed by overrides; any other text is refused below.
        if case .mapping = node.content {
            let shorts = table.shortForms
            for override in overrides { try node.apply(override, shorts) }
        }
        let paths = FilePaths(source: source, currentFolder: currentFolder)
        // An error about a missing key refers to the text as a whole.
        whole = Setting(node, path: "", at: SourceLocation(source))
        try whole.refuse("base", besides: "model", "it is a study, which dtrain study FILE makes")
        let map = try SettingMap(whole, keys: table.sections, "the sections of a configuration")
        let data = try map.required("data", "the files to train on")
        let places = try DataPlaces(data, paths)
        movable = places.movable
        do throws(OptionError) { settings = try SettingsTable.defaults } catch {
            preconditionFailure("the defaults of settings are none: \(error)")
        }
        settings.output = "runs/\(source.runName ?? "run")"
        for section in table.sections {
            if section == "model" {
                _ = try map.required(section, "a list of layers, or a built-in model's name")
            }
            // The output folder is relative to the current folder, wherever the file is.
            let paths = section == "data" ? places.paths : section == "output" ? nil : paths
            try Self.read(section, map, table, FormReader(kinds: table.kinds, paths: paths), &settings)
        }
        try finish()
        settings.configurationText = text(of: settings)
        settings.makesConfigurationText = { [table] in Self.text(of: $0, table) }
        try requireReadableForm(of: source)
    }

    /// Reads the keys of a section into the settings; a missing section leaves the defaults.
    ///
    /// A section has one of three forms in the table:
    ///
    /// - Only keys, as in `training`: each is read by its form.
    /// - One key with an empty name, as in `loss`, `model` and `output`: the section's value is that key's.
    /// - A choice with an empty name and further keys, as in `optimizer: {name: adam, lr: 0.1, sharded: true}`: the
    ///   choice's options and the keys are in one mapping. The reader of the choice is told the keys, so that it does
    ///   not refuse them; then they are read like the keys of any section.
    private static func read(
        _ section: String, _ map: SettingMap, _ table: SettingsTable, _ reader: FormReader,
        _ settings: inout TrainingSettings
    ) throws(ConfigurationError) {
        guard let setting = map[section] else { return }
        let keys = table.keys.filter { $0.section == section }
        let inner = keys.map(\.name).filter { !$0.isEmpty }
        func take(
            _ key: SettingKey, _ setting: Setting, _ value: OptionValue
        ) throws(ConfigurationError) {
            do throws(OptionError) { try key.set(&settings, value) } catch {
                throw setting.configurationError(error)
            }
        }
        if let whole = keys.first, whole.name.isEmpty {
            if setting.node.isNull || setting.node.isBlank, section != "model" { return }
            guard case .choice(let choice) = whole.form else {
                return try take(whole, setting, reader.value(setting, whole.form))
            }
            try take(
                whole, setting,
                reader.choice(setting, choice, more: inner, standard: table.standardName(of: whole)))
            guard case .mapping = setting.node.content else { return }
        }
        let names = keys.first?.name.isEmpty == true ? nil : inner
        let parts = try SettingMap(setting, keys: names ?? setting.node.keys)
        if section == "data" {
            guard parts.optional("train") != nil else {
                throw parts.missing(
                    "train", "the files of a data set, as {format: idx, features: FILE, labels: FILE}")
            }
        }
        for key in keys where !key.name.isEmpty {
            guard let part = parts.optional(key.name) else { continue }
            try take(key, part, reader.value(part, key.form))
        }
        // Tokens are no quantities.
        if section == "data", settings.data.training.isTakenAsItIs, parts.optional("normalize") == nil {
            settings.data.normalization = .none
        }
    }

    /// Settles what depends on several keys, and checks that they fit together.
    ///
    /// The order matters: initializers are checked before the layers that use them, and conflicts between keys last,
    /// when each key by itself is known to be valid.
    private mutating func finish() throws(ConfigurationError) {
        // With a loss that compares numbers, the model decides later whether a table holds numbers.
        if !settings.loss.function.comparesNumbers { settings.data.takeTables(as: .classification) }
        settings.data = settings.seededData
        do throws(OptionError) { try parts.checkInitial() } catch {
            throw whole.part("init.default").configurationError(error)
        }
        do throws(OptionError) {
            settings.model = try ModelDescription(settings.model).resolved(
                parts: parts, models: table.vocabulary.models)
        } catch {
            throw whole.part("model").configurationError(error)
        }
        guard let conflict = settings.conflict else { return }
        let part = whole.part(conflict.key)
        throw ConfigurationError(
            .conflict, at: part.place, key: conflict.key, conflict.problem, advice: conflict.advice)
    }

    /// The parts from which layers are made.
    private var parts: LayerParts {
        LayerParts(
            layers: table.vocabulary.layers, initializers: table.vocabulary.initializers,
            initial: settings.initializers)
    }

    /// Whether both mean the same, however they were written: in any order, with or without defaults, and in any file.
    public static func == (a: RunConfiguration, b: RunConfiguration) -> Bool { a.yaml == b.yaml }

    /// The output folder as it was given; a relative one starts at the current folder. The default is "runs/NAME" with
    /// the name of the recipe, or of the file without its extension.
    package var output: String { settings.output }

    /// The loss that training minimizes; `cross_entropy` by default.
    package var loss: Loss { settings.loss }

    /// The configuration as YAML in one fixed form, that of `settings.configurationText`.
    package var yaml: String { settings.configurationText ?? "" }

    /// Settings as YAML in one fixed form: sections and keys in the table's order, every key that has a value.
    ///
    /// Reading the text gives equal settings, and writing those gives the same text. A run's folder has the text as
    /// config.yaml.
    func text(of settings: TrainingSettings) -> String { Self.text(of: settings, table) }

    private static func text(of settings: TrainingSettings, _ table: SettingsTable) -> String {
        var yaml = YAMLWriter()
        let standard = try? SettingsTable.defaults
        for section in table.sections {
            var options: [NamedOption] = []
            for key in table.keys where key.section == section {
                let value = table.plainValue(of: key, in: settings)
                // An empty list is written only if it means something else than leaving it out.
                let isEmpty = value == .list([]) && standard.map { key.value($0) == value } ?? false
                guard value != OptionValue.none, !isEmpty else { continue }
                switch (key.name, value) {
                case ("", .options(let own)): options = own
                case ("", .text) where key.isChoice: options = [NamedOption("name", value)]
                case ("", _): yaml.line(section, value)
                default: options.append(NamedOption(key.name, value))
                }
            }
            guard !options.isEmpty else { continue }
            if options.count == 1, options[0].name == "name" {
                yaml.line(section, options[0].value)
            } else if flowing.contains(section) {
                yaml.line(section, .options(options))
            } else {
                yaml.heading(section)
                for option in options { yaml.line(option.name, option.value, depth: 1) }
            }
        }
        return yaml.text
    }

    /// Sections that are written on one line because they are short; the others have a line for each key.
    private static let flowing = [
        "model", "loss", "init", "optimizer", "schedule", "evaluation", "checkpoint", "logging",
    ]

    /// Makes a new model, whose parameters get their shapes when it is traced.
    ///
    /// - Parameter classes: The number of outputs of a built-in model: the data set's classes, or the width of its
    ///   targets. A list of layers states its own number. Throws if a built-in model gets none.
    public func makeModel(classes: Int?) throws(ConfigurationError) -> any Model {
        do throws(OptionError) {
            return try ModelDescription(settings.model).makeModel(
                classes: classes, parts: parts, models: table.vocabulary.models)
        } catch {
            throw whole.part("model").configurationError(error)
        }
    }

    /// The error for a model that does not fit its data or its loss, at the line where the cause was written.
    package func configurationError(_ error: ModelError) -> ConfigurationError {
        guard error.subject == .loss else { return modelError(error) }
        let loss = whole.part("loss")
        let part = loss.part(error.path)
        let option = error.path.isEmpty ? "" : "\(error.path) "
        return ConfigurationError(.shape, at: part.place, key: "loss", option + error.reason)
    }

    /// The error for a layer, at the innermost part of the model that was written.
    ///
    /// A `ModelError` names layers as parameters are named: "3" is a layer by its index, "3.body.0" a layer in the body
    /// of a residual one, "3.weight" the weight of layer 3. In YAML the body is below one more key, `residual`. The
    /// search ends at a name for which nothing was written, such as a weight.
    private func modelError(_ error: ModelError) -> ConfigurationError {
        var place = whole.part("model")
        var isFound = true
        for name in error.path.split(separator: ".") {
            var holder = place
            if Int(name) == nil, case .mapping(let entries) = place.node.content, entries.count == 1,
                entries[0].key == "residual"
            {
                holder = place.part("residual")
            }
            let part = holder.part(String(name))
            isFound = part.path != holder.path
            guard isFound else { break }
            place = part
        }
        // What a model ends with is what its last layer makes.
        if case .classes = error.subject, case .sequence(let layers) = place.node.content, !layers.isEmpty {
            place = place.part("\(layers.count - 1)")
        }
        return ConfigurationError(
            .shape, at: place.place, key: place.path, isFound ? error.reason : error.description)
    }

    /// Throws unless the form with all defaults, which a run's folder keeps, can be read again: it is longer and deeper
    /// than the original.
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
        currentFolder: String = FileManager.default.currentDirectoryPath,
        vocabulary: Vocabulary? = nil
    ) throws(ConfigurationError) {
        let file = FilePaths.withHome(file)
        try self.init(
            yaml: try Self.text(ofFile: file, currentFolder: currentFolder), source: .file(file),
            overrides: overrides, currentFolder: currentFolder, vocabulary: vocabulary)
    }

    /// Reads a built-in recipe.
    package init(
        recipe: Recipe, overrides: [ConfigurationOverride] = [],
        currentFolder: String = FileManager.default.currentDirectoryPath,
        vocabulary: Vocabulary? = nil
    ) throws(ConfigurationError) {
        try self.init(
            yaml: recipe.yaml, source: .recipe(recipe.name), overrides: overrides,
            currentFolder: currentFolder, vocabulary: vocabulary)
    }

    /// The error for a file whose bytes are not UTF-8, at the first invalid line.
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

    /// The text of a configuration file, for a process that reads it for others.
    ///
    /// Throws if the file is missing, cannot be read, is longer than any configuration or is not UTF-8. At most one
    /// byte more than allowed is read, because the path may be a pipe that never ends.
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
        if let mistaken = MistakenFile(file, at: path) { throw mistaken.error }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            let exists = FileManager.default.fileExists(atPath: path)
            throw unreadable(exists ? "the file cannot be opened" : "there is no such file")
        }
        let bytes: Data?
        // One byte more than a configuration may have, so that a huge or endless file is never read to the end.
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
