/// The setting `on_plateau`: what a run does when its training loss no longer falls.
package struct PlateauSetting: Sendable, Equatable {
    /// What is done; the raw values are those of the option `action`.
    package enum Action: String, Sendable, CaseIterable {
        /// To look why, and to leave a saddle along its most negative curvature.
        case escape
    }

    /// What is done.
    package let action: Action
    /// Epochs in a row without a fall that make a plateau; 3 unless given.
    package let patience: Int
    /// The share of the lowest loss so far by which a loss must be lower to count as a fall; 1e-4 unless given.
    package let minimumChange: Double

    /// Reads {action, patience, min_delta}, or the action alone.
    init(_ setting: Setting) throws(ConfigurationError) {
        guard case .mapping = setting.node.content else {
            action = try setting.choice("action")
            patience = Self.patience
            minimumChange = Self.minimumChange
            return
        }
        let map = try SettingMap(
            setting, keys: ["action", "patience", "min_delta", "min_change"],
            "options such as {action: escape, patience: 3}", noun: "option")
        action = try map["action"]?.choice("action") ?? .escape
        patience = try map["patience"]?.whole(in: 1...1_000_000) ?? Self.patience
        minimumChange =
            try map.either("min_delta", "min_change")?
            .number("a number from 0 to below 1") { $0 >= 0 && $0 < 1 } ?? Self.minimumChange
    }

    private static let (patience, minimumChange) = (3, 1e-4)

    /// The setting as one YAML value, with all its options.
    var yaml: String {
        YAMLWriter.flow([
            ("action", action.rawValue), ("patience", "\(patience)"),
            ("min_delta", YAMLWriter.number(minimumChange)),
        ])
    }
}
