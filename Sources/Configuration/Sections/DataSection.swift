import Datasets
import Foundation

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
    package let train: DataFiles
    /// What is reported on after each epoch, if anything; its labels may be left out for prediction only.
    package let test: DataFiles?
    /// What best weights and plateau schedules watch, if anything.
    package let validation: Validation?
    /// How features are scaled; `standardize` unless given.
    package let normalize: Normalization
    /// Random changes of training images, in order; none unless given.
    package let augment: [Augmentation]
    /// When the order of training examples is drawn; `epoch` unless given.
    package let shuffle: Shuffle

    /// Reads the section; `root`, if given, is the folder that relative paths start from.
    init(_ setting: Setting, paths: FilePaths) throws(ConfigurationError) {
        let map = try SettingMap(
            setting, keys: ["root", "train", "test", "validation", "normalize", "augment", "shuffle"])
        var paths = paths
        if let root = map.optional("root") { paths = paths.inside(try root.path("the path of a folder")) }
        let example = "the files of a data set, as {format: idx, features: FILE, labels: FILE}"
        train = try DataFiles(map.required("train", example), paths: paths, needsLabels: true)
        test = try map.optional("test").map { setting throws(ConfigurationError) in
            try DataFiles(setting, paths: paths, needsLabels: false)
        }
        validation = try map.optional("validation").map { setting throws(ConfigurationError) in
            try Self.validation(setting, paths: paths)
        }
        normalize = try map["normalize"].map(NormalizeSetting.read) ?? .standardize
        augment = try map.optional("augment").map(AugmentSetting.read) ?? []
        shuffle = try map["shuffle"]?.choice("shuffle") ?? .epoch
    }

    private static func validation(
        _ setting: Setting, paths: FilePaths
    ) throws(ConfigurationError) -> Validation {
        let map = try SettingMap(setting, keys: ["fraction"] + DataFiles.keys, "a fraction, or files")
        guard let fraction = map["fraction"] else {
            return .files(try DataFiles(setting, paths: paths, needsLabels: true))
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
        for (name, files) in sets {
            for (key, path) in files.paths where !FileManager.default.fileExists(atPath: path) {
                throw MissingDataError(path: path, key: "data.\(name).\(key)")
            }
        }
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
