import Foundation

/// Ranks that should hold the same hold different things.
package struct DisagreementError: Error, CustomStringConvertible {
    /// What differs, such as "the data" or "weights".
    package let what: String
    /// Whether `what` is a plural.
    package let isPlural: Bool
    /// The ranks that differ from the others or, if that is not known, all ranks that hold it.
    package let ranks: [Int]
    /// The host of each of `ranks`; empty if they were not looked up.
    package let hosts: [String]
    /// Whether a majority shows that `ranks` are wrong.
    package let isDecided: Bool
    /// When and where the difference was found, such as "at step 500, first in 3.weight"; may be empty.
    package let place: String
    package let advice: String

    package init(
        what: String, isPlural: Bool = false, ranks: [Int], hosts: [String] = [], isDecided: Bool = true,
        place: String = "", advice: String
    ) {
        self.what = what
        self.isPlural = isPlural
        self.ranks = ranks
        self.hosts = hosts
        self.isDecided = isDecided
        self.place = place
        self.advice = advice
    }

    package var description: String {
        let when = place.isEmpty ? "" : " \(place)"
        let who = Self.list(ranks, hosts)
        let verb = isPlural ? "differ" : "differs"
        if isDecided { return "\(what) on \(who) \(verb) from the other ranks'\(when): \(advice)" }
        return "\(what) \(verb) between \(who)\(when), and no majority says whose is right: \(advice)"
    }

    /// "rank 2 (host a)", or "ranks 2 (host a), 5 (host b)" for ranks that differ from all others.
    private static func list(_ ranks: [Int], _ hosts: [String]) -> String {
        let names = ranks.indices.map { hosts.isEmpty ? "\(ranks[$0])" : "\(ranks[$0]) (host \(hosts[$0]))" }
        return (ranks.count == 1 ? "rank " : "ranks ") + names.joined(separator: ", ")
    }

    /// This machine's name for messages.
    package static var host: String { ProcessInfo.processInfo.hostName }
}
