/// A type that a configuration can pick by its name, such as an update rule or a schedule's shape.
///
/// To add a choice, write a conforming type in a file of its own and list it with the others of its kind; a user's
/// program adds its own with `ChoiceList.add`.
public protocol Choice {
    /// The name in a configuration ("adam").
    static var name: String { get }
    /// Its options, in the order in which they are listed to a user.
    static var options: [OptionDeclaration] { get }
    /// What the choice does, in one sentence.
    static var summary: String { get }
    /// Its source, authors and year ("Kingma & Ba 2015"); empty if there is none to name.
    static var source: String { get }
    /// Options that others of its kind have and it has not, with the reason why.
    static var lacks: [String: String] { get }
    /// Makes the choice from options whose names, types and limits are checked; throws if they do not go together.
    init(options: ResolvedOptions) throws(OptionError)
}

extension Choice {
    /// Empty: no source to name.
    public static var source: String { "" }

    /// None that would need a reason.
    public static var lacks: [String: String] { [:] }
}
