/// Tables, one below the other, as an SVG file of their own: first columns to the left, all others to the right.
package struct TablePicture {
    private let title: String
    private let note: String
    private let tables: [[[String]]]

    /// A picture.
    ///
    /// - Parameters:
    ///   - note: A line below the title.
    ///   - tables: Rows of cells, of which the first is the header; each table's rows are of one length.
    package init(title: String, note: String, tables: [[[String]]]) {
        self.title = title
        self.note = note
        self.tables = tables.filter { !($0.first ?? []).isEmpty }
    }

    /// The width of a letter, the gap between columns, the height of a row, and that between tables.
    private static let (letter, gap, row, between) = (7.6, 20.0, 21.0, 18.0)

    /// Rules beside those of every picture: digits of one width stand below one another.
    private static let style = """

        text { font-variant-numeric: tabular-nums; }
        .head { font-weight: 600; }
        .band { fill: #f5f7f9; }
        """

    /// The text of the SVG file; nil without tables.
    package var svg: String? {
        guard !tables.isEmpty else { return nil }
        let widths = tables.map(Self.widths)
        let width = max(Frame.width, widths.map { $0.reduce(0, +) }.max() ?? 0)
        var height = 0.0
        var parts = ""
        for (table, widths) in zip(tables, widths) {
            parts += Self.drawn(table, widths, top: height)
            height += Self.row * Double(table.count) + Self.between
        }
        let size = (width: width, height: height)
        return StandalonePicture(title: title, notes: [note], size: size, style: Self.style) { place in
            Markup.element(
                "svg",
                [
                    ("viewBox", "0 0 \(NumberText.place(size.width)) \(NumberText.place(size.height))"),
                    ("role", "img"), ("aria-label", title),
                ] + place, parts)
        }.svg
    }

    /// The widths of a table's columns, with the gaps before all but the first.
    private static func widths(_ table: [[String]]) -> [Double] {
        (table.first ?? []).indices.map { column in
            let letters = table.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
            // Room on both sides of the bands behind the rows.
            return letter * Double(letters) + (column == 0 ? gap / 2 : gap)
        }
    }

    private static func drawn(_ table: [[String]], _ widths: [Double], top: Double) -> String {
        let end = widths.reduce(0, +)
        var parts = ""
        for (number, cells) in table.enumerated() {
            let y = top + row * Double(number)
            if number > 0, number % 2 == 0 {
                parts += Markup.element(
                    "rect",
                    [
                        ("class", "band"), ("x", "0"), ("y", NumberText.place(y)),
                        ("width", NumberText.place(end)), ("height", NumberText.place(row)),
                    ])
            }
            var x = 0.0
            for (column, cell) in cells.enumerated() where column < widths.count {
                x += widths[column]
                let place = column == 0 ? gap / 4 : x - gap / 4
                parts += Markup.element(
                    "text",
                    (number == 0 ? [("class", "head")] : []) + [
                        ("x", NumberText.place(place)), ("y", NumberText.place(y + 0.7 * row)),
                        ("text-anchor", column == 0 ? "start" : "end"),
                    ], Markup.escaped(cell))
            }
        }
        return parts + Frame.line("axis", 0, top + row, end, top + row)
    }
}
