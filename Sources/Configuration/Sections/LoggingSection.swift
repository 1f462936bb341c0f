/// The section `logging`: what is written down of a run, and how often.
package struct LoggingSection: Sendable, Equatable {
    /// Optimizer steps between two lines of metrics; 10 unless given.
    package let everySteps: Int
    /// Whether the gradient noise scale is measured; false unless given.
    package let noiseScale: Bool
    /// Whether the norm of every parameter's gradient is written; false unless given.
    package let layers: Bool
    /// Optimizer steps between two at which the loss's curvature is measured; nil, unless given, for none.
    package let curvature: Int?

    /// All keys of the section.
    static let keys = ["every_steps", "noise_scale", "layers", "curvature"]

    /// Reads the section, or the defaults where there is none.
    init(_ setting: Setting?, at location: SourceLocation) throws(ConfigurationError) {
        let none = ConfigurationNode(content: .mapping([]), location: location)
        let map = try SettingMap(
            setting ?? Setting(none, path: "logging"), keys: Self.keys)
        everySteps = try map["every_steps"]?.whole(in: 1...1_000_000_000) ?? 10
        noiseScale = try map["noise_scale"]?.flag() ?? false
        layers = try map["layers"]?.flag() ?? false
        let steps = try map.optional("curvature")?.whole(in: 0...1_000_000_000) ?? 0
        curvature = steps > 0 ? steps : nil
    }

    /// The section as one YAML value, with all its options but curvature where it is not measured.
    var yaml: String {
        let curvature = curvature.map { [(key: "curvature", value: "\($0)")] } ?? []
        return YAMLWriter.flow(
            [("every_steps", "\(everySteps)"), ("noise_scale", "\(noiseScale)"), ("layers", "\(layers)")]
                + curvature)
    }
}
