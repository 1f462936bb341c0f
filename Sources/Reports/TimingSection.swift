import Messages
import Training

/// The section on how ranks spent their time.
struct TimingSection {
    let runs: [RunRecord]

    /// The section; empty if no run has timings.
    var section: Section {
        var section = Section(title: "Where the time went", anchor: "time")
        for run in runs {
            guard let timing = run.timing, let first = timing.ranks.first else { continue }
            let name = runs.count > 1 ? ": \(run.name)" : ""
            let title = "Seconds of \(counted(timing.ranks.count, "rank"))\(name)"
            section.figures.append(
                Section.Figure(
                    title: title,
                    legend: first.seconds.all.enumerated().map { place, part in
                        .init(name: part.name, look: "solid c\(place % PageStyle.colors)")
                    }, picture: Self.bars(timing, title), note: Self.note(timing)))
            section.folded.append(
                Section.Table(
                    caption: "In numbers\(name)", head: ["rank"] + first.seconds.all.map(\.name),
                    rows: timing.ranks.map {
                        [String($0.rank)] + $0.seconds.all.map { NumberText.plain($0.seconds) }
                    }))
        }
        return section
    }

    /// A bar for each rank, divided by what it spent its seconds on.
    private static func bars(_ timing: RunTiming, _ title: String) -> String {
        let shown = timing.ranks.prefix(mostRanks)
        let (left, width, row) = (56.0, 440.0, 22.0)
        let longest = shown.map { $0.seconds.all.reduce(0) { $0 + $1.seconds } }.max() ?? 0
        var parts: [String] = []
        for (place, rank) in shown.enumerated() {
            let y = row * Double(place)
            parts.append(Frame.text("rank \(rank.rank)", left - 6, y + 15, "end"))
            var x = left
            for (color, part) in rank.seconds.all.enumerated() where part.seconds > 0 {
                let extent = part.seconds / max(longest, 1e-12) * (width - left - 4)
                let words = "rank \(rank.rank), \(part.name): \(NumberText.plain(part.seconds)) s"
                parts.append(
                    Markup.element(
                        "rect",
                        [
                            ("class", "part c\(color % PageStyle.colors)"), ("x", NumberText.place(x)),
                            ("y", NumberText.place(y + 2)), ("width", NumberText.place(extent)),
                            ("height", NumberText.place(row - 4)),
                        ], Markup.element("title", [], Markup.escaped(words))))
                x += extent
            }
        }
        return Markup.element(
            "svg",
            [
                ("viewBox", "0 0 440 \(NumberText.place(row * Double(shown.count)))"), ("role", "img"),
                ("aria-label", "\(title); the numbers stand in the table below"),
            ], parts.joined())
    }

    private static func note(_ timing: RunTiming) -> String {
        let steps = timing.ranks.map { $0.seconds.computing + $0.seconds.exchange + $0.seconds.waiting }
            .reduce(0, +)
        let waits = timing.ranks.map { $0.seconds.exchange + $0.seconds.waiting }.reduce(0, +)
        let more = timing.ranks.count > mostRanks ? " The first \(mostRanks) ranks are shown." : ""
        guard steps > 0 else { return more }
        return
            "Ranks waited for one another for \(NumberText.percent(waits / steps)) of the time of steps.\(more)"
    }

    private static let mostRanks = 64
}
