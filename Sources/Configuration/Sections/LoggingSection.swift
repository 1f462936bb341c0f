/// The section `logging`: what is written down of a run, and how often.
package struct LoggingSection: Sendable, Equatable {
    /// Optimizer steps between two lines of metrics; 10 unless given.
    package let everySteps: Int
    /// Whether the gradient noise scale is measured; false unless given.
    package let noiseScale: Bool
    /// Whether the norm of every parameter's gradient is written; false unless given.
    package let layers: Bool

    /// All keys of the section.
    static let keys = ["every_steps", "noise_scale", "layers"]

    /// Reads the section, or the defaults where there is none.
    init(_ setting: Setting?, at location: SourceLocation) throws(ConfigurationError) {
        let none = ConfigurationNode(content: .mapping([]), location: location)
        let map = try SettingMap(
            setting ?? Setting(none, path: "logging"), keys: Self.keys)
        everySteps = try map["every_steps"]?.whole(in: 1...1_000_000_000) ?? 10
        noiseScale = try map["noise_scale"]?.flag() ?? false
        layers = try map["layers"]?.flag() ?? false
    }

    /// The section as one YAML value, with all its options.
    var yaml: String {
        YAMLWriter.flow([
            ("every_steps", "\(everySteps)"), ("noise_scale", "\(noiseScale)"), ("layers", "\(layers)"),
        ])
    }
}
