import Options

/// A shape that a configuration can pick by name and fill with options.
public protocol NamedShape: ScheduleShape, Choice {
    /// The options that apply beside those given, where a default depends on another option or on η₀; the same
    /// as `options` unless a shape says otherwise. Whatever of `options` was given must be among them.
    static func options(given: [String: OptionValue], baseRate: Double) -> [OptionDeclaration]
}

extension NamedShape {
    public static func options(given: [String: OptionValue], baseRate: Double) -> [OptionDeclaration] {
        options
    }
}
