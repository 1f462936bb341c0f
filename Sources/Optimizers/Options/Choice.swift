/// Something a configuration picks by name and fills with options: an update rule or a schedule's shape.
///
/// A new optimizer or schedule is one new file with a conforming type, and its entry in
/// `OptimizerConfiguration.choices` or `LearningRateSchedule.choices`.
package protocol Choice {
    /// The name in a configuration ("adam").
    static var name: String { get }
    /// Its options, in the order in which they are listed to a user.
    static var options: [OptionDeclaration] { get }
    /// Makes it from checked names and types; throws on a value out of range.
    init(options: ResolvedOptions) throws(OptimizerError)
}
