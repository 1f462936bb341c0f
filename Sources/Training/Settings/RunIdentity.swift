import COneDNN
import Cluster
import DataParallel
import Foundation
import Layers
import Options

/// What makes a run the same run: only a run of the same identity can continue a checkpoint.
///
/// It contains every setting that affects the bytes of weights and, for messages, the settings of data. A setting, or
/// an option in one, that was added after the checkpoint was written counts as its default.
package struct RunIdentity: Codable, Sendable, Equatable {
    /// A key with its value.
    package struct Entry: Codable, Sendable, Equatable {
        let key: String
        let value: OptionValue
    }

    /// The version of the meaning of keys and values; to be raised when a default or a meaning changes.
    package static let currentVersion = 1

    /// The version when the identity was made.
    let version: Int
    /// The keys that are set, in the order of the table.
    let settings: [Entry]
    /// SHA-256 of the traced model: its graph and its variables.
    let model: String
    /// SHA-256 of the data.
    let data: String

    /// The identity of a run.
    ///
    /// - Parameters:
    ///   - settings: The settings of the run.
    ///   - model: The traced model.
    ///   - data: The digest of the data.
    init(
        _ settings: TrainingSettings, _ model: TracedModel, data: [UInt8],
        table: SettingsTable = .standard
    ) {
        var digest = Digest()
        digest.add(model.trainingGraph(count: 2).description)
        for variable in model.variables { digest.add("\(variable.name) \(variable.shape)") }
        self.init(
            settings: Self.entries(of: settings, table) { $0.effect == .results || $0.section == "data" },
            model: Digest.text(digest.bytes), data: Digest.text(data))
    }

    /// An identity with these parts.
    package init(
        settings: [Entry], model: String, data: String, version: Int = RunIdentity.currentVersion
    ) {
        self.version = version
        (self.settings, self.model, self.data) = (settings, model, data)
    }

    /// The keys that are set and that `takes` accepts.
    static func entries(
        of settings: TrainingSettings, _ table: SettingsTable, where takes: (SettingKey) -> Bool
    ) -> [Entry] {
        table.keys.filter(takes).compactMap { key in
            let value = table.plainValue(of: key, in: settings).canonical
            return value == .none ? nil : Entry(key: key.path, value: value)
        }
    }

    /// SHA-256 of what affects results, for comparison over ranks: paths may differ between nodes.
    var digest: [UInt8] {
        let deciding = Set(SettingsTable.standard.keys.filter { $0.effect == .results }.map(\.path))
        var digest = Digest()
        for entry in settings where deciding.contains(entry.key) { digest.add("\(entry.key) \(entry.value)") }
        digest.add(model)
        digest.add(data)
        return digest.bytes
    }

    /// Whether a run of this identity can continue a checkpoint of another.
    func isSame(as other: RunIdentity, _ table: SettingsTable = .standard) -> Bool {
        version == other.version && model == other.model && data == other.data
            && changes(from: other, table).allSatisfy { !$0.decidesResults }
    }

    /// The settings that differ: those that affect results, and those of data if the data differ.
    func changes(from old: RunIdentity, _ table: SettingsTable = .standard) -> [ConfigurationChange] {
        var changes: [ConfigurationChange] = []
        var ofData: [ConfigurationChange] = []
        let standard = try? SettingsTable.defaults
        for key in table.keys {
            let isData = key.section == "data" && key.effect == .conduct
            guard key.effect == .results || isData && data != old.data else { continue }
            let found = table.changes(
                of: key, from: old.settings, to: settings, standard: standard, decidesResults: !isData)
            if key.section == "data" { ofData += found } else { changes += found }
        }
        return changes + ofData
    }
}

extension SettingsTable {
    /// How a key differs between two runs' entries; a missing entry counts as the default.
    func changes(
        of key: SettingKey, from old: [RunIdentity.Entry], to new: [RunIdentity.Entry],
        standard: TrainingSettings?, decidesResults: Bool = true
    ) -> [ConfigurationChange] {
        func value(_ entries: [RunIdentity.Entry]) -> OptionValue {
            entries.first { $0.key == key.path }?.value
                ?? standard.map { plainValue(of: key, in: $0).canonical } ?? .none
        }
        let (before, now) = (value(old), value(new))
        guard key.form.essential(before, kinds: kinds) != key.form.essential(now, kinds: kinds) else {
            return []
        }
        return ConfigurationChange.all(key.path, before, now, decidesResults: decidesResults)
    }
}

/// What the bytes of results depend on besides a run's identity.
package struct RunEnvironment: Codable, Sendable, Equatable {
    /// The vector instructions that all ranks use.
    let instructionSet: String
    /// The versions of the libraries that compute, by name.
    let libraries: [String: String]

    /// The environment of these ranks.
    init(_ cluster: Cluster) {
        instructionSet = cluster.instructionSet.rawValue
        libraries = ["oneDNN": String(cString: od_version())]
    }

    /// An environment with these parts.
    package init(instructionSet: String, libraries: [String: String]) {
        (self.instructionSet, self.libraries) = (instructionSet, libraries)
    }

    /// How it differs from the environment of a checkpoint, for a message; nil if it does not.
    func difference(from old: RunEnvironment) -> String? {
        var parts: [String] = []
        if old.instructionSet != instructionSet {
            parts.append("\(old.instructionSet) instead of \(instructionSet)")
        }
        for name in Set(libraries.keys).union(old.libraries.keys).sorted()
        where libraries[name] != old.libraries[name] {
            parts.append(
                "\(name) \(old.libraries[name] ?? "of another version") instead of \(libraries[name] ?? "none")"
            )
        }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
