import Options

/// A shape that a configuration can pick by name and fill with options.
public protocol NamedShape: ScheduleShape, Choice {
    /// The options that may stand beside those given, where a default depends on another option or on η₀; by default
    /// the same as `options`. Any of `options` that is given must be among them.
    static func options(given: [String: OptionValue], baseRate: Double) -> [OptionDeclaration]
}

extension NamedShape {
    public static func options(given: [String: OptionValue], baseRate: Double) -> [OptionDeclaration] {
        options
    }
}
