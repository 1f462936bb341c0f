import Messages
import Options

/// A setting that differs between two runs, for a message.
package struct ConfigurationChange: Equatable, Sendable {
    /// The key's path, such as "optimizer.lr" or "model.0.linear.out".
    package let key: String
    /// The value in the run that is continued; nil if there is none.
    package let old: String?
    /// The value in the new run; nil if there is none.
    package let new: String?
    /// Whether the setting affects results, rather than, say, where files are.
    let decidesResults: Bool

    /// The difference in a message's words: "optimizer.lr: 0.1, the run has 0.05".
    var text: String {
        "\(key): \(new.map(Self.shortened) ?? "none"), the run has \(old.map(Self.shortened) ?? "none")"
    }

    /// Whether the weights of one run may not fit the other.
    var concernsModel: Bool { key == "model" || key.hasPrefix("model.") }

    /// The differences between two values of a key, option by option.
    static func all(
        _ key: String, _ old: OptionValue?, _ new: OptionValue?, decidesResults: Bool = true
    ) -> [ConfigurationChange] {
        guard old != new else { return [] }
        func all(_ part: String, _ old: OptionValue?, _ new: OptionValue?) -> [ConfigurationChange] {
            self.all("\(key).\(part)", old, new, decidesResults: decidesResults)
        }
        func one(_ key: String, _ old: String?, _ new: String?) -> ConfigurationChange {
            ConfigurationChange(key: key, old: old, new: new, decidesResults: decidesResults)
        }
        switch (old, new) {
        case (.options(let olds)?, .options(let news)?):
            // The choice comes first, then the options that both have, then those of one alone.
            let both = news.map(\.name).filter { olds[$0] != nil }
            let choice = both.filter { ["name", "format"].contains($0) }
            let names =
                choice + both.filter { !choice.contains($0) }
                + (news + olds).map(\.name).filter { !both.contains($0) }
            return names.flatMap { all($0, olds[$0], news[$0]) }
        case (.list(let olds)?, .list(let news)?) where (olds + news).contains(where: \.hasParts):
            // If elements were inserted or removed, those before and after that place are compared in pairs.
            func isAlike(_ pair: (OptionValue, OptionValue)) -> Bool { pair.0.kind == pair.1.kind }
            let isMoved = olds.count != news.count
            let front = isMoved ? zip(olds, news).prefix(while: isAlike).count : olds.count
            let most = min(olds.count, news.count) - front
            let back = zip(olds.reversed(), news.reversed()).prefix(most).prefix(while: isAlike).count
            let ends = Array(0..<front) + (olds.count - back..<olds.count)
            var changes = ends.flatMap { place in
                let (a, b) = (olds[place], news[place < front ? place : place - olds.count + news.count])
                return isAlike((a, b))
                    ? all("\(place)", a, b) : [one("\(key).\(place)", a.description, b.description)]
            }
            if isMoved {
                let gone = olds[front..<olds.count - back].map(\.description)
                let added = news[front..<news.count - back].map(\.description)
                let put = added.isEmpty ? nil : added.joined(separator: ", ")
                changes.append(one("\(key).\(front)", gone.first, put))
                changes += gone.enumerated().dropFirst().map { one("\(key).\(front + $0)", $1, nil) }
            }
            return changes
        default: return [one(key, old?.phrase, new?.phrase)]
        }
    }

    /// The first changes and the number of the others; nil if there are none.
    static func text(_ changes: [ConfigurationChange]) -> String? {
        guard !changes.isEmpty else { return nil }
        let shown = changes.prefix(mostShown).map(\.text).joined(separator: "; ")
        let more = changes.count - min(changes.count, mostShown)
        return more > 0 ? "\(shown); and \(counted(more, "more change"))" : shown
    }

    /// The most changes that a message lists.
    private static let mostShown = 3

    private static func shortened(_ value: String) -> String {
        value.count > longest ? "\(value.prefix(longest))..." : value
    }

    /// The most characters of a value that a message shows.
    private static let longest = 100
}

extension OptionValue {
    fileprivate var hasParts: Bool { if case .options = self { true } else { false } }

    /// What an element of a list is, such as a layer's name, without its options.
    fileprivate var kind: String {
        if case .options(let options) = self, let first = options.first { return first.name }
        return description
    }

    /// The value for a message; nil for none.
    fileprivate var phrase: String? { self == .none ? nil : description }
}
