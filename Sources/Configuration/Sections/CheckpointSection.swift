/// The section `checkpoint`: when the state of training is saved, and how many states are kept.
package struct CheckpointSection: Sendable, Equatable {
    /// Optimizer steps between two checkpoints; nil, unless given, for none between epochs. Written as 0.
    package let everySteps: Int?
    /// Epochs between two checkpoints; 1 unless given, nil for none at the end of epochs. Written as 0.
    package let everyEpochs: Int?
    /// Minutes between two checkpoints, fractions allowed; nil, unless given, for none by time. Written as 0.
    package let everyMinutes: Double?
    /// How many of the newest checkpoints are kept; 3 unless given.
    package let keep: Int
    /// Whether the checkpoint of the best epoch is kept besides, where something is watched; true unless given.
    package let keepsBest: Bool
    /// Whether ends of epochs are passed over where checkpoints would take too much time: where the section says nothing.
    /// Written as every_epochs: auto.
    package let isSparing: Bool

    /// All keys of the section.
    static let keys = ["every_steps", "every_epochs", "every_minutes", "keep", "best"]

    /// Reads the section, or the defaults where there is none.
    init(_ setting: Setting?, at location: SourceLocation) throws(ConfigurationError) {
        let none = ConfigurationNode(content: .mapping([]), location: location)
        let map = try SettingMap(
            setting ?? Setting(none, path: "checkpoint"),
            keys: Self.keys)
        let counts = 0...1_000_000_000
        let steps = try map.optional("every_steps")?.whole(in: counts) ?? 0
        isSparing = map.isEmpty || map["every_epochs"]?.plainText == "auto"
        let epochs = isSparing ? 1 : try map["every_epochs"]?.whole(in: counts) ?? 1
        everySteps = steps == 0 ? nil : steps
        everyEpochs = epochs == 0 ? nil : epochs
        let minutes =
            try map["every_minutes"]?.number("from 0 to 1000000") { (0...1_000_000).contains($0) } ?? 0
        everyMinutes = minutes == 0 ? nil : minutes
        keep = try map["keep"]?.whole(in: 1...1_000_000) ?? 3
        keepsBest = try map["best"]?.flag() ?? true
    }

    /// The section as one YAML value.
    var yaml: String {
        YAMLWriter.flow([
            ("every_steps", "\(everySteps ?? 0)"),
            ("every_epochs", isSparing ? "auto" : "\(everyEpochs ?? 0)"),
            ("every_minutes", YAMLWriter.number(everyMinutes ?? 0)), ("keep", "\(keep)"),
            ("best", "\(keepsBest)"),
        ])
    }
}
