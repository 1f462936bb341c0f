/// A picture as an SVG file with its own title, notes and style; it loads nothing.
struct StandalonePicture {
    let title: String
    /// Lines below the title.
    let notes: [String]
    /// The size of the picture inside.
    let size: (width: Double, height: Double)
    /// Further rules of style.
    var style = ""
    /// The entries of the legend, below the notes.
    var legend: [Section.Figure.Entry] = []
    /// Makes the picture inside with these attributes, which place it; nil where there is nothing to show.
    let content: (_ attributes: [(String, String)]) -> String?

    private static let margin = 12.0
    private static let lineHeight = 18.0
    /// The most letters of a line, each about 6.4 wide.
    private static let letters = 68

    /// The file; nil where there is nothing to show.
    var svg: String? {
        let lines = notes.flatMap(Self.wrapped)
        let entries = legendRows
        let top = 30 + Self.lineHeight * Double(lines.count + entries.count) + 6
        let place = [
            ("x", NumberText.place(Self.margin)), ("y", NumberText.place(top)),
            ("width", NumberText.place(size.width)), ("height", NumberText.place(size.height)),
        ]
        guard let content = content(place) else { return nil }
        let (width, height) = (size.width + 2 * Self.margin, top + size.height + Self.margin)
        var parts = Markup.element("title", [], Markup.escaped(title))
        parts += Markup.element("style", [], PageStyle.picture + style)
        parts += Markup.element("rect", [("class", "ground"), ("width", "100%"), ("height", "100%")])
        parts += Self.text(title, 26, "title")
        for (place, line) in lines.enumerated() {
            parts += Self.text(line, 30 + Self.lineHeight * Double(place + 1), "note")
        }
        for (row, list) in entries.enumerated() {
            parts += Self.legend(list, 30 + Self.lineHeight * Double(lines.count + row + 1))
        }
        let root = Markup.element(
            "svg",
            [
                ("xmlns", "http://www.w3.org/2000/svg"),
                // As large as a page shows it.
                ("width", NumberText.place(1.6 * width)), ("height", NumberText.place(1.6 * height)),
                ("viewBox", "0 0 \(NumberText.place(width)) \(NumberText.place(height))"),
            ], parts + content)
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\(root)\n"
    }

    private static func text(_ text: String, _ y: Double, _ look: String) -> String {
        Markup.element(
            "text",
            [("class", look), ("x", NumberText.place(margin)), ("y", NumberText.place(y))],
            Markup.escaped(text))
    }

    /// The width of a letter, of the sample of a line before a name, and of the gap behind it.
    private static let (letter, sample, gap) = (8.0, 30.0, 14.0)

    /// The legend's entries with their places, in rows that fit.
    private var legendRows: [[(entry: Section.Figure.Entry, x: Double)]] {
        var rows: [[(entry: Section.Figure.Entry, x: Double)]] = []
        var x = 0.0
        for entry in legend {
            let width = Self.sample + Self.letter * Double(entry.name.count)
            if rows.isEmpty || x + width > size.width { (rows, x) = (rows + [[]], 0) }
            rows[rows.count - 1].append((entry, Self.margin + x))
            x += width + Self.gap
        }
        return rows
    }

    private static func legend(_ row: [(entry: Section.Figure.Entry, x: Double)], _ y: Double) -> String {
        row.map { entry, x in
            let isPoint = entry.look.hasPrefix(Curve.Stroke.points.rawValue)
            let mark =
                isPoint
                ? Markup.element(
                    "circle",
                    [
                        ("class", entry.look.replacing(Curve.Stroke.points.rawValue, with: "mark")),
                        ("cx", NumberText.place(x + 12)), ("cy", NumberText.place(y - 4)), ("r", "3.5"),
                    ]) : Frame.line("curve \(entry.look)", x, y - 4, x + 24, y - 4)
            return mark + Frame.text(entry.name, x + sample, y, "start")
        }.joined()
    }

    private static func wrapped(_ text: String) -> [String] {
        var lines = [""]
        for word in text.split(separator: " ") {
            let last = lines[lines.count - 1]
            if !last.isEmpty, last.count + 1 + word.count > letters {
                lines.append(String(word))
            } else {
                lines[lines.count - 1] = last.isEmpty ? String(word) : "\(last) \(word)"
            }
        }
        return lines
    }
}
