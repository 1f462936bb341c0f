/// A picture of curves as SVG, whose numbers can be read with the pointer, the keyboard and a screen reader.
struct Chart {
    /// The title.
    let title: String
    /// The name of the horizontal axis.
    let across: String
    let curves: [Curve]
    /// The vertical axis is logarithmic if the largest number is at least this many times the smallest; nil for never.
    var logarithmicFrom: Double?
    /// The same of the horizontal axis, which must not begin at 0 then.
    var acrossLogarithmicFrom: Double?
    /// Whether the horizontal axis begins at 0, or at the first point.
    var beginsAtZero = true
    /// What the vertical axis is of; nil where the title says it.
    var upwards: String?
    /// Places that have a name, which stands beside them.
    var places: [(x: Double, name: String)] = []

    /// The most points of a line, and the most columns that show numbers.
    private static let (mostPoints, mostColumns) = (600, 60)
    /// The most columns that the keyboard stops at.
    private static let mostStops = 12
    /// The most points of a curve that are marked one by one.
    private static let mostMarks = 40

    /// The picture; nil where there is nothing to show.
    var svg: String? { picture() }

    /// The picture with further attributes; nil where there is nothing to show.
    func picture(attributes: [(String, String)] = []) -> String? {
        let shown = curves.filter { !$0.points.isEmpty }
        let points = shown.flatMap(\.points)
        // Steps begin at 0, so that pictures stand over one another, and end where they end: ticks need not.
        let found = points.map(\.x) + (beginsAtZero ? [0] : [])
        guard !points.isEmpty, let least = found.min(), let most = found.max(),
            let frame = Frame(
                across: found, name: across, ends: most > least ? least...most : nil,
                acrossLogarithmicFrom: acrossLogarithmicFrom,
                down: Scale(points.map(\.y), logarithmicFrom: logarithmicFrom))
        else { return nil }
        let named = upwards.map { [Frame.upwards($0, 11, (Frame.top + Frame.floor) / 2)] } ?? []
        return frame.picture(
            named + places.indices.map { place($0, frame) } + shown.map { line($0, frame) }
                + columns(shown, frame),
            label: "\(title) by \(across): \(shown.map(\.name).joined(separator: ", "))",
            attributes: attributes)
    }

    /// A line at a named place, and its name on the side where there is room, below those before.
    private func place(_ number: Int, _ frame: Frame) -> String {
        let x = frame.x(places[number].x)
        let share = (x - Frame.left) / (Frame.end - Frame.left)
        // Not over the lines of others where there is room on both sides.
        let isLast = places.allSatisfy { $0.x <= places[number].x }
        let isLeft = share > 0.75 || !isLast && share > 0.25
        return Frame.line("place", x, Frame.top, x, Frame.floor)
            + Frame.text(
                places[number].name, isLeft ? x - 5 : x + 5, Frame.top + 12 + 15 * Double(number),
                isLeft ? "end" : "start")
    }

    private func line(_ curve: Curve, _ frame: Frame) -> String {
        let points = curve.thinned(to: Self.mostPoints).map {
            "\(NumberText.place(frame.x($0.x))),\(NumberText.place(frame.y($0.y)))"
        }
        let isLine = curve.stroke != .points
        var parts =
            isLine
            ? Markup.element(
                "polyline",
                [
                    ("class", "curve \(curve.stroke.rawValue) c\(curve.color)"),
                    ("points", points.joined(separator: " ")),
                ]) : ""
        guard curve.points.count <= Self.mostMarks || !isLine, curve.stroke != .faint else { return parts }
        for point in curve.points {
            parts += Markup.element(
                "circle",
                [
                    ("class", "mark c\(curve.color)"), ("cx", NumberText.place(frame.x(point.x))),
                    ("cy", NumberText.place(frame.y(point.y))), ("r", isLine ? "2.5" : "3.5"),
                ])
        }
        return parts
    }

    /// Columns over the whole picture that show the numbers at the pointer or at the keyboard's focus.
    private func columns(_ shown: [Curve], _ frame: Frame) -> [String] {
        var places = Set(shown.flatMap { $0.points.map(\.x) }).sorted()
        if places.count > Self.mostColumns {
            let last = Self.mostColumns - 1
            places = (0...last).map { places[$0 * (places.count - 1) / last] }
        }
        let stops = max(1, (places.count + Self.mostStops - 1) / Self.mostStops)
        return places.enumerated().map { place, x in
            let gaps = [place - 1, place + 1].filter(places.indices.contains).map { abs(places[$0] - x) }
            let reach = gaps.max() ?? 0
            let numbers = shown.compactMap { curve in
                curve.point(near: x, reach: reach).map { "\(curve.name) \(NumberText.plain($0.y))" }
            }
            let lines = ["\(across) \(NumberText.plain(x))"] + numbers
            func middle(_ other: Int, else end: Double) -> Double {
                places.indices.contains(other) ? (frame.x(places[other]) + frame.x(x)) / 2 : end
            }
            let content =
                Markup.element("title", [], Markup.escaped(lines.joined(separator: "\n")))
                + Self.area(middle(place - 1, else: Frame.left), middle(place + 1, else: Frame.end))
                + Frame.line("rule", frame.x(x), Frame.top, frame.x(x), Frame.floor)
                + Self.tip(lines, isLeft: frame.x(x) > Frame.width / 2)
            let isStop = place % stops == 0 || place == places.count - 1
            let words = [("tabindex", "0"), ("role", "img"), ("aria-label", lines.joined(separator: ", "))]
            return Markup.element("g", [("class", "column")] + (isStop ? words : []), content)
        }
    }

    private static func area(_ from: Double, _ to: Double) -> String {
        Markup.element(
            "rect",
            [
                ("x", NumberText.place(from)), ("y", NumberText.place(Frame.top)),
                ("width", NumberText.place(max(0, to - from))),
                ("height", NumberText.place(Frame.floor - Frame.top)),
            ])
    }

    /// Lines of text on one side of the picture, so that the pointer does not cover them.
    private static func tip(_ lines: [String], isLeft: Bool) -> String {
        let x = NumberText.place(isLeft ? Frame.left + 8 : Frame.end - 8)
        let spans = lines.enumerated().map { row, line in
            Markup.element("tspan", [("x", x), ("dy", row == 0 ? "0" : "14")], Markup.escaped(line))
        }
        return Markup.element(
            "text",
            [
                ("class", "tip"), ("y", NumberText.place(Frame.top + 14)),
                ("text-anchor", isLeft ? "start" : "end"), ("aria-hidden", "true"),
            ], spans.joined())
    }
}
