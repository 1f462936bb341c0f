import Datasets

/// The section `data`: what is trained on, measured on and reported on, how features are scaled and changed at random,
/// and in which order examples come.
package struct DataSection: Sendable, Equatable {
    /// Where the validation examples come from.
    package enum Validation: Sendable, Equatable {
        /// This share of the training examples, above 0 and below 1, drawn by the seed.
        case fraction(Double)
        /// A data set of their own.
        case files(DataFiles)
    }

    /// What is trained on; always with labels.
    package private(set) var train: DataFiles
    /// What is reported on after each epoch, if anything; its labels may be left out for prediction only.
    package private(set) var test: DataFiles?
    /// What best weights and plateau schedules watch, if anything.
    package private(set) var validation: Validation?
    /// How features are scaled; `standardize` unless given.
    package let normalize: Normalization
    /// Random changes of training images, in order; none unless given.
    package let augment: [Augmentation]
    /// When the order of training examples is drawn; `epoch` unless given.
    package let shuffle: Shuffle

    /// Reads the section; `root`, if given, is the folder that relative paths start from. Given from outside to a
    /// configuration whose paths are all absolute, as that of a finished run, it is where their files are sought.
    init(_ setting: Setting, paths: FilePaths) throws(ConfigurationError) {
        let map = try SettingMap(setting, keys: Self.keys)
        var paths = paths
        let own = Self.files(of: map, paths)
        if let root = map.optional("root") {
            paths = paths.inside(
                try root.path("the path of a folder"), writtenIn: root.node.location.source, files: own)
        }
        let example = "the files of a data set, as {format: idx, features: FILE, labels: FILE}"
        let places = DataFiles.Places(paths: paths, own: own)
        train = try DataFiles(map.required("train", example), places, needsLabels: true)
        test = try map.optional("test").map { setting throws(ConfigurationError) in
            try DataFiles(setting, places, needsLabels: false)
        }
        validation = try map.optional("validation").map { setting throws(ConfigurationError) in
            try Self.validation(setting, places)
        }
        normalize = try map["normalize"].map(NormalizeSetting.read) ?? .standardize
        augment = try map.optional("augment").map(AugmentSetting.read) ?? []
        shuffle = try map["shuffle"]?.choice("shuffle") ?? .epoch
    }

    /// All keys of the section.
    static let keys = ["root", "train", "test", "validation", "normalize", "augment", "shuffle"]

    /// The paths of data files in the configuration's own text, as they were written.
    private static func files(of map: SettingMap, _ paths: FilePaths) -> [String] {
        ["train", "test", "validation"].compactMap { map.optional($0) }.flatMap { set -> [String] in
            guard case .mapping(let entries) = set.node.content else { return [] }
            return entries.filter { DataFiles.pathKeys.contains($0.key) }.flatMap { entry in
                var nodes = [entry.value]
                if case .sequence(let elements) = entry.value.content { nodes = elements }
                return nodes.filter { paths.isOwn($0.location.source) }.compactMap(\.word).map(
                    FilePaths.withHome)
            }
        }
    }

    /// The section with tables' labels as `task` says, unless that is given.
    func settled(_ task: LabelTask) -> DataSection {
        var section = self
        section.train = train.settled(task)
        section.test = test?.settled(task)
        if case .files(let files) = validation { section.validation = .files(files.settled(task)) }
        return section
    }

    private static func validation(
        _ setting: Setting, _ places: DataFiles.Places
    ) throws(ConfigurationError) -> Validation {
        let map = try SettingMap(setting, keys: ["fraction"] + DataFiles.keys, "a fraction, or files")
        guard let fraction = map["fraction"] else {
            return .files(try DataFiles(setting, places, needsLabels: true))
        }
        for key in DataFiles.keys {
            if let other = map[key] { throw other.error(.conflict, "must be left out beside fraction") }
        }
        return .fraction(try fraction.number("above 0 and below 1") { $0 > 0 && $0 < 1 })
    }

    /// Throws the first data file that is not there, in the order of train, validation and test; reads none.
    package func requireFiles() throws(MissingDataError) {
        var sets = [("train", train)]
        if case .files(let files) = validation { sets.append(("validation", files)) }
        if let test { sets.append(("test", test)) }
        for (name, files) in sets { try files.requireFiles("data.\(name)") }
    }

    /// The error of a data set, with what to write where columns are to be left out.
    ///
    /// - Parameter given: The data that `--data` gave instead, if it did.
    package func completed(_ error: DataError, given: DataFiles? = nil) -> DataError {
        guard let columns = error.extraColumns, columns.names.count <= 20 else { return error }
        var sets: [(key: String?, files: DataFiles?)] = [(nil, given), ("data.train", train)]
        if case .files(let files) = validation { sets.append(("data.validation", files)) }
        sets.append(("data.test", test))
        for (key, files) in sets {
            guard let files, files.features.contains(error.path) else { continue }
            return error.leavingOut(with: files.wayToIgnore(columns.names, key: key))
        }
        return error
    }

    /// Writes the section.
    func write(to yaml: inout YAMLWriter) {
        yaml.heading("data")
        yaml.line("train", train.yaml, depth: 1)
        if let test { yaml.line("test", test.yaml, depth: 1) }
        switch validation {
        case .fraction(let fraction):
            yaml.line("validation", "{fraction: \(YAMLWriter.number(fraction))}", depth: 1)
        case .files(let files): yaml.line("validation", files.yaml, depth: 1)
        case nil: break
        }
        yaml.line("normalize", NormalizeSetting.yaml(normalize), depth: 1)
        if !augment.isEmpty {
            yaml.heading("augment", depth: 1)
            for augmentation in augment { yaml.element(AugmentSetting.yaml(augmentation), depth: 2) }
        }
        yaml.line("shuffle", shuffle.rawValue, depth: 1)
    }
}
