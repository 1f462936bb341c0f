/// A report of progress: short parts, of which the least important are left out if the line is narrow, and a bar.
package struct StatusLine: Sendable, Equatable {
    /// A part of the line.
    struct Part: Sendable, Equatable {
        let text: String
        /// Parts with lower ranks are left out first.
        let rank: Int
    }

    private var parts: [Part] = []
    /// The share of the work that is done, from 0 to 1, and the part after which the bar is drawn; nil for no bar.
    private var bar: (fraction: Double, place: Int, rank: Int)?

    package init() {}

    /// Adds a part at the end; it is left out before those of higher rank.
    package mutating func add(_ text: String, rank: Int) { parts.append(Part(text: text, rank: rank)) }

    /// Adds a bar after the parts so far.
    package mutating func addBar(_ fraction: Double, rank: Int) {
        bar = (min(1, max(0, fraction.isFinite ? fraction : 0)), parts.count, rank)
    }

    package static func == (left: StatusLine, right: StatusLine) -> Bool {
        left.parts == right.parts && left.bar?.fraction == right.bar?.fraction
            && left.bar?.place == right.bar?.place && left.bar?.rank == right.bar?.rank
    }

    /// All parts, without the bar.
    package var plain: String { parts.map(\.text).joined(separator: Self.gap) }

    /// The line for a terminal of this width. The last column stays free, because some terminals would begin a new line
    /// there.
    ///
    /// - Parameter color: Whether the rest of the bar is dim.
    package func text(columns: Int, color: Bool) -> String {
        let room = max(0, columns - 1)
        var kept = Array(parts.indices)
        var hasBar = bar != nil
        func width(_ kept: [Int], _ hasBar: Bool) -> Int {
            kept.reduce(0) { $0 + parts[$1].text.count } + Self.gap.count * max(0, kept.count - 1)
                + (hasBar ? Self.gap.count + Self.narrowestBar : 0)
        }
        while width(kept, hasBar) > room {
            let least = kept.count > 1 ? kept.min { parts[$0].rank < parts[$1].rank } : nil
            if hasBar, let rank = bar?.rank, least.map({ rank < parts[$0].rank }) ?? true {
                hasBar = false
            } else if let least {
                kept.removeAll { $0 == least }
            } else {
                break
            }
        }
        let length = min(Self.widestBar, Self.narrowestBar + room - width(kept, hasBar))
        var pieces: [String] = []
        for place in 0...parts.count {
            if hasBar, let bar, bar.place == place {
                pieces.append(Self.bar(bar.fraction, length: length, color: color))
            }
            if kept.contains(place) { pieces.append(parts[place].text) }
        }
        // Only a single part may be cut: it has no escape sequences.
        let line = pieces.joined(separator: Self.gap)
        return pieces.count == 1 && !hasBar ? String(line.prefix(room)) : line
    }

    private static let gap = "  "
    /// The narrowest and the widest bar, in columns.
    private static let (narrowestBar, widestBar) = (6, 24)

    private static func bar(_ fraction: Double, length: Int, color: Bool) -> String {
        let done = min(length, Int(fraction * Double(length)))
        let rest = String(repeating: "░", count: length - done)
        return String(repeating: "█", count: done) + (color ? "\u{1b}[2m\(rest)\u{1b}[0m" : rest)
    }
}
