/// A plot of points.
struct ScatterPlot {
    let title: String
    /// The name of the horizontal axis.
    let across: String
    let pairs: [(Double, Double)]
    /// Whether a line shows where both numbers are equal; otherwise it is at 0.
    let hasDiagonal: Bool

    /// The most points that are drawn, evenly chosen among all.
    private static let most = 1500

    /// The picture; nil where there is nothing to show.
    var figure: Section.Figure? {
        let count = min(pairs.count, Self.most)
        let shown = (0..<count).map { pairs[$0 * pairs.count / count] }
        guard
            let frame = Frame(
                across: shown.map(\.0), name: across,
                down: Scale(shown.map(\.1) + (hasDiagonal ? [] : [0])))
        else { return nil }
        var parts: [String] = []
        if hasDiagonal {
            let low = max(frame.across.lowerBound, frame.down.range.lowerBound)
            let high = min(frame.across.upperBound, frame.down.range.upperBound)
            if low < high {
                parts.append(
                    Frame.line("curve dashed c6", frame.x(low), frame.y(low), frame.x(high), frame.y(high)))
            }
        } else {
            parts.append(Frame.line("curve dashed c6", Frame.left, frame.y(0), Frame.end, frame.y(0)))
        }
        for (x, y) in shown {
            let words = "\(across) \(NumberText.plain(x)): \(NumberText.plain(y))"
            parts.append(
                Markup.element(
                    "circle",
                    [
                        ("class", "dot"), ("cx", NumberText.place(frame.x(x))),
                        ("cy", NumberText.place(frame.y(y))),
                        ("r", "2"),
                    ], Markup.element("title", [], Markup.escaped(words))))
        }
        let note = count < pairs.count ? "\(count) of \(pairs.count) examples." : ""
        return Section.Figure(
            title: title, legend: [], picture: frame.picture(parts, label: "\(title), \(count) points"),
            note: note)
    }
}
