/// A shape that a configuration can pick by name and fill with options.
package protocol NamedShape: ScheduleShape, Choice {
    /// The options that apply beside those given, where a default depends on another option or on η₀; the same
    /// as `options` unless a shape says otherwise. Whatever of `options` was given must be among them.
    static func options(given: [String: OptionValue], baseRate: Double) -> [OptionDeclaration]
}

extension NamedShape {
    package static func options(given: [String: OptionValue], baseRate: Double) -> [OptionDeclaration] {
        options
    }
}
