import Foundation

/// A picture of numbers over a plane: a coloured cell for each, and lines of equal numbers.
struct HeatMap {
    /// The subject, for the label of the picture.
    let title: String
    /// The labels of the axes.
    let across: String
    let upwards: String
    /// The name of the numbers.
    let name: String
    /// The positions of the numbers, ascending at equal steps.
    let columns: [Double]
    let rows: [Double]
    /// The numbers, column by column; finite.
    let values: [Double]
    /// The ratio of the greatest to the least number from which on colours go by ratios, where all are above 0; nil for
    /// never.
    var logarithmicFrom: Double?
    /// Points to mark with a name.
    var places: [(x: Double, y: Double, name: String)] = []

    /// Lines to draw from point to point, with their names in a legend.
    var paths: [(name: String, points: [(x: Double, y: Double)])] = []

    /// The picture's size, in the units of all lengths here.
    static let (width, height) = (460.0, 356.0)
    private static let (left, top, side) = (62.0, 10.0, 300.0)
    private static var floor: Double { top + side }
    private static var end: Double { left + side }
    /// The scale of colours beside it.
    private static let (bar, barWidth) = (374.0, 14.0)
    /// The most cells for which each has a title with its numbers: with more the picture would be large.
    private static let mostWords = 51 * 51
    /// The number of colours in the scale beside it.
    private static let shades = 60

    /// The picture; nil where there is nothing to show.
    func picture(attributes: [(String, String)] = []) -> String? {
        guard columns.count > 1, rows.count > 1, values.count == columns.count * rows.count,
            let scale = Scale(values, logarithmicFrom: logarithmicFrom)
        else { return nil }
        let parts =
            cells(scale) + [levels(scale), edge, axes] + bar(scale) + paths.indices.map(path)
            + places.map(place)
        return Markup.element(
            "svg",
            [
                ("viewBox", "0 0 \(NumberText.place(Self.width)) \(NumberText.place(Self.height))"),
                ("role", "group"), ("aria-label", "\(title): \(name) by \(across) and \(upwards)"),
            ] + attributes, parts.joined())
    }

    // MARK: Where things lie

    /// The place of a value along an axis, from 0 to 1; each position is the centre of its cell.
    private static func position(_ value: Double, in positions: [Double]) -> Double {
        let step = (positions[positions.count - 1] - positions[0]) / Double(positions.count - 1)
        return ((value - positions[0]) / step + 0.5) / Double(positions.count)
    }

    private func x(_ value: Double) -> Double { Self.left + Self.position(value, in: columns) * Self.side }
    private func y(_ value: Double) -> Double { Self.floor - Self.position(value, in: rows) * Self.side }
    private func value(_ column: Int, _ row: Int) -> Double { values[column * rows.count + row] }

    // MARK: Parts

    private func cells(_ scale: Scale) -> [String] {
        let (wide, high) = (Self.side / Double(columns.count), Self.side / Double(rows.count))
        let saysNumbers = values.count <= Self.mostWords
        return columns.indices.flatMap { column in
            rows.indices.map { row in
                let number = value(column, row)
                let words =
                    "\(NumberText.plain(columns[column])), \(NumberText.plain(rows[row])): \(NumberText.plain(number))"
                return Self.rectangle(
                    // A little wider, so that no background shows between cells.
                    Self.left + wide * Double(column), Self.floor - high * Double(row + 1), wide + 0.3,
                    high + 0.3, [("fill", Palette.color(scale.position(number)))],
                    saysNumbers ? Markup.element("title", [], Markup.escaped(words)) : "")
            }
        }
    }

    private static func rectangle(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ attributes: [(String, String)],
        _ content: String = ""
    ) -> String {
        Markup.element(
            "rect",
            [
                ("x", NumberText.place(x)), ("y", NumberText.place(y)), ("width", NumberText.place(width)),
                ("height", NumberText.place(height)),
            ] + attributes, content)
    }

    /// Lines of equal numbers, at the ticks of the scale and halfway between.
    private func levels(_ scale: Scale) -> String {
        var lines = ""
        for (place, tick) in scale.ticks.enumerated() {
            lines += level(tick, "level")
            guard place + 1 < scale.ticks.count else { continue }
            let next = scale.ticks[place + 1]
            lines += level(scale.isLogarithmic ? (tick * next).squareRoot() : (tick + next) / 2, "between")
        }
        return lines
    }

    private func level(_ level: Double, _ look: String) -> String {
        let contour = Contour(columns: columns, rows: rows, values: values)
        let path = contour.segments(at: level).map { start, end in
            "M\(NumberText.place(x(start.x))) \(NumberText.place(y(start.y)))L\(NumberText.place(x(end.x))) \(NumberText.place(y(end.y)))"
        }.joined()
        return path.isEmpty ? "" : Markup.element("path", [("class", look), ("d", path)])
    }

    private var edge: String {
        Self.rectangle(Self.left, Self.top, Self.side, Self.side, [("class", "edge")])
    }

    private var axes: String {
        var parts = ""
        for tick in Self.spaced(Self.ticks(columns)) {
            parts += Frame.line("axis", x(tick), Self.floor, x(tick), Self.floor + 4)
            parts += Frame.text(NumberText.tick(tick), x(tick), Self.floor + 17, "middle")
        }
        for tick in Self.ticks(rows) {
            parts += Frame.line("axis", Self.left - 4, y(tick), Self.left, y(tick))
            parts += Frame.text(NumberText.tick(tick), Self.left - 7, y(tick) + 4, "end")
        }
        parts += Frame.text(across, Self.left + Self.side / 2, Self.height - 8, "middle")
        return parts + Frame.upwards(upwards, 13, Self.top + Self.side / 2)
    }

    /// Every tick, or every second, fourth, ..., so that their labels, of letters about 7.5 wide, stand apart.
    private static func spaced(_ ticks: [Double]) -> [Double] {
        var every = 1
        func width() -> Double {
            stride(from: 0, to: ticks.count, by: every).reduce(0) {
                $0 + 7.5 * Double(NumberText.tick(ticks[$1]).count) + 4
            }
        }
        while every < ticks.count, width() > side { every *= 2 }
        return stride(from: 0, to: ticks.count, by: every).map { ticks[$0] }
    }

    private static func ticks(_ positions: [Double]) -> [Double] {
        guard let scale = Scale(positions) else { return [] }
        let range = positions[0]...positions[positions.count - 1]
        return scale.ticks.filter { range.contains($0) }
    }

    private func bar(_ scale: Scale) -> [String] {
        let step = Self.side / Double(Self.shades)
        var parts = (0..<Self.shades).map { shade in
            Self.rectangle(
                Self.bar, Self.floor - step * Double(shade + 1), Self.barWidth, step + 0.3,
                [("fill", Palette.color((Double(shade) + 0.5) / Double(Self.shades)))])
        }
        parts.append(Self.rectangle(Self.bar, Self.top, Self.barWidth, Self.side, [("class", "edge")]))
        let end = Self.bar + Self.barWidth
        for tick in scale.ticks {
            let height = Self.floor - scale.position(tick) * Self.side
            parts.append(Frame.line("axis", end, height, end + 4, height))
            parts.append(Frame.text(NumberText.tick(tick), end + 7, height + 4, "start"))
        }
        let kind = scale.isLogarithmic ? "\(name), logarithmic" : name
        parts.append(Frame.upwards(kind, Self.width - 4, Self.top + Self.side / 2))
        return parts
    }

    // MARK: Paths

    /// The colour of a path by its number.
    static func pathColor(_ number: Int) -> Int { [1, 3, 6, 0, 4, 7, 2, 5][number % 8] }

    /// The most points of a path that are drawn, evenly chosen.
    private static let mostPathPoints = 1000

    /// A path with its start as a circle and its end as a disc, and its line of the legend. What lies outside is left
    /// out.
    private func path(_ number: Int) -> String {
        let (name, all) = paths[number]
        let inside = all.map { (x($0.x), y($0.y)) }.filter {
            (Self.left...Self.end).contains($0.0) && (Self.top...Self.floor).contains($0.1)
        }
        let most = Self.mostPathPoints
        let points =
            inside.count <= most ? inside : (0..<most).map { inside[$0 * (inside.count - 1) / (most - 1)] }
        let color = "c\(Self.pathColor(number))"
        var parts = ""
        if let first = points.first, let last = points.last {
            let line = points.map { "\(NumberText.place($0.0)),\(NumberText.place($0.1))" }.joined(
                separator: " ")
            for look in ["halo", "curve \(color)"] {
                parts += Markup.element("polyline", [("class", look), ("points", line)])
            }
            parts += Self.circle("curve \(color)", first, 5) + Self.circle("mark \(color)", last, 4.5)
        }
        let height = Self.top + 16 + 16 * Double(number)
        return parts + Frame.line("halo", Self.left + 8, height - 4, Self.left + 26, height - 4)
            + Frame.line("curve \(color)", Self.left + 8, height - 4, Self.left + 26, height - 4)
            + Markup.element(
                "text",
                [
                    ("class", "named"), ("x", NumberText.place(Self.left + 31)),
                    ("y", NumberText.place(height)),
                ], Markup.escaped(name))
    }

    private static func circle(_ look: String, _ centre: (Double, Double), _ radius: Double) -> String {
        Markup.element(
            "circle",
            [
                ("class", look), ("cx", NumberText.place(centre.0)), ("cy", NumberText.place(centre.1)),
                ("r", NumberText.place(radius)),
            ])
    }

    private func place(_ place: (x: Double, y: Double, name: String)) -> String {
        let (x, y) = (x(place.x), y(place.y))
        let isLeft = x > Self.left + Self.side * 0.7
        func cross(_ look: String) -> String {
            Frame.line(look, x - 5, y, x + 5, y) + Frame.line(look, x, y - 5, x, y + 5)
        }
        return cross("halo") + cross("cross")
            + Markup.element(
                "text",
                [
                    ("class", "named"), ("x", NumberText.place(isLeft ? x - 8 : x + 8)),
                    ("y", NumberText.place(y < Self.top + 20 ? y + 15 : y - 6)),
                    ("text-anchor", isLeft ? "end" : "start"),
                ], Markup.escaped(place.name))
    }
}

/// Colours from dark to bright that can be told apart in grey and by the colour-blind: nine of viridis (van der Walt
/// and Smith), and mixtures of neighbours.
enum Palette {
    private static let anchors: [(Double, Double, Double)] = [
        (68, 1, 84), (71, 45, 123), (59, 82, 139), (44, 114, 142), (33, 145, 140), (40, 174, 128),
        (94, 201, 98), (173, 220, 48), (253, 231, 37),
    ]

    /// The colour of a share from 0 to 1, as in #440154.
    static func color(_ share: Double) -> String {
        let place = min(max(share, 0), 1) * Double(anchors.count - 1)
        let first = min(Int(place), anchors.count - 2)
        let (low, high, part) = (anchors[first], anchors[first + 1], place - Double(first))
        let mixed = [(low.0, high.0), (low.1, high.1), (low.2, high.2)].map { from, to in
            Int((from + (to - from) * part).rounded())
        }
        return "#" + mixed.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
