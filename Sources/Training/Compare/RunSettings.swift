/// The settings of a run, as far as they are known.
package struct RunSettings: Sendable {
    /// The keys that are set.
    private let entries: [RunIdentity.Entry]
    /// Whether the settings that do not affect results are known too.
    let isWhole: Bool

    /// All settings of a configuration.
    package init(_ settings: TrainingSettings, _ table: SettingsTable) {
        entries = RunIdentity.entries(of: settings, table) { _ in true }
        isWhole = true
    }

    /// The settings in the newest readable checkpoint of the run in a folder: those that affect the bytes of results,
    /// and those of data. Nil if there is no readable checkpoint.
    package init?(checkpointsIn folder: String) {
        guard let identity = Self.identity(ofRunIn: folder) else { return nil }
        entries = identity.settings
        isWhole = false
    }

    /// The identity in the newest readable checkpoint of the run in a folder.
    static func identity(ofRunIn folder: String) -> RunIdentity? {
        CheckpointCatalogue("\(folder)/\(RunFolder.checkpointsName)").newestFirst.lazy
            .compactMap { try? CheckpointVerification($0).manifest.identity }.first
    }

    /// The identity in the newest readable checkpoint of the run that these settings resume; nil if there is none.
    static func identity(resumedBy settings: TrainingSettings) -> RunIdentity? {
        switch settings.resume {
        case .no: nil
        case .auto: identity(ofRunIn: settings.output)
        case .from(let path): identity(ofRunIn: RunFolder.owner(of: path) ?? path)
        }
    }

    /// The settings that differ in another run, in the order of the table.
    ///
    /// The output folder is ignored: it always differs.
    package func changes(to other: RunSettings, _ table: SettingsTable) -> [ConfigurationChange] {
        let standard = try? SettingsTable.defaults
        return table.keys.flatMap { key -> [ConfigurationChange] in
            let isKnown = isWhole && other.isWhole || key.effect == .results || key.section == "data"
            guard isKnown, key.path != "output", key.path != SettingsTable.rootPath else { return [] }
            return table.changes(of: key, from: entries, to: other.entries, standard: standard)
        }
    }
}
