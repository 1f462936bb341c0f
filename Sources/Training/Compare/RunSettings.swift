/// What is known of a run's configuration.
package struct RunSettings: Sendable {
    /// The keys that are set.
    private let entries: [RunIdentity.Entry]
    /// Whether keys are known that decide no byte of results, too.
    let isWhole: Bool

    /// All keys of a configuration.
    package init(_ settings: TrainingSettings, _ table: SettingsTable) {
        entries = RunIdentity.entries(of: settings, table) { _ in true }
        isWhole = true
    }

    /// What the newest checkpoint of the run in a folder keeps of its configuration: the keys that decide the bytes of results,
    /// and those of data. Nil where there is no checkpoint that can be read.
    package init?(checkpointsIn folder: String) {
        guard let identity = Self.identity(ofRunIn: folder) else { return nil }
        entries = identity.settings
        isWhole = false
    }

    /// What the newest checkpoint that can be read says that the run is.
    static func identity(ofRunIn folder: String) -> RunIdentity? {
        CheckpointCatalogue("\(folder)/\(RunFolder.checkpointsName)").newestFirst.lazy
            .compactMap { try? CheckpointVerification($0).manifest.identity }.first
    }

    /// Where the configuration of another run says something else, in the order of the table.
    ///
    /// The folder for results counts for nothing: that is where the runs are.
    package func changes(to other: RunSettings, _ table: SettingsTable) -> [ConfigurationChange] {
        let standard = try? SettingsTable.defaults
        return table.keys.flatMap { key -> [ConfigurationChange] in
            let isKnown = isWhole && other.isWhole || key.effect == .results || key.section == "data"
            guard isKnown, key.path != "output", key.path != SettingsTable.rootPath else { return [] }
            return table.changes(of: key, from: entries, to: other.entries, standard: standard)
        }
    }
}
