/// A type that is one of the things to choose from: an update rule, a schedule's shape.
///
/// A new one is one new file with a conforming type, and its entry in the list of its kind; a user's program adds its own to
/// such a list with `ChoiceList.add`.
public protocol Choice {
    /// The name in a configuration ("adam").
    static var name: String { get }
    /// Its options, in the order in which they are listed to a user.
    static var options: [OptionDeclaration] { get }
    /// What it is, in one sentence.
    static var summary: String { get }
    /// Where it comes from, authors and year ("Kingma & Ba 2015"); empty where there is nothing to name.
    static var source: String { get }
    /// Options that others of its kind have and it has not, with the reason why.
    static var lacks: [String: String] { get }
    /// Makes it from checked names, types and limits; throws where options do not go together.
    init(options: ResolvedOptions) throws(OptionError)
}

extension Choice {
    /// Nothing, unless it is said.
    public static var source: String { "" }

    /// None that would need a reason.
    public static var lacks: [String: String] { [:] }
}
