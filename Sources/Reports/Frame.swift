import Foundation

/// The axes of a picture and the places of numbers in it. Lengths are in units of the picture, which is scaled to the
/// page.
struct Frame {
    /// The picture's size.
    static let (width, height) = (440.0, 264.0)
    /// The space for axes and their labels on each side.
    static let (left, right, top, bottom) = (60.0, 14.0, 10.0, 40.0)

    /// The ranges of the axes; the horizontal one may end between two ticks.
    let across: ClosedRange<Double>
    let down: Scale
    /// The ticks of the horizontal axis.
    let ticks: [Double]
    /// The name of the horizontal axis.
    let name: String
    /// Whether the horizontal axis is logarithmic.
    private let isAcrossLogarithmic: Bool

    /// Axes that contain these numbers; nil if an axis has none.
    ///
    /// - Parameters:
    ///   - ends: The ends of the horizontal axis; by default its outermost ticks.
    ///   - acrossLogarithmicFrom: The horizontal axis is logarithmic from this ratio on, as `Scale` says; nil for never.
    init?(
        across values: [Double], name: String, ends: ClosedRange<Double>? = nil,
        acrossLogarithmicFrom: Double? = nil, down: Scale?
    ) {
        guard let scale = Scale(values, logarithmicFrom: acrossLogarithmicFrom), let down else { return nil }
        isAcrossLogarithmic = scale.isLogarithmic
        across = ends ?? scale.range
        ticks = scale.ticks.filter((ends ?? scale.range).contains)
        self.down = down
        self.name = name
    }

    static var end: Double { width - right }
    static var floor: Double { height - bottom }

    func x(_ value: Double) -> Double {
        let (low, high) = (across.lowerBound, across.upperBound)
        let share = isAcrossLogarithmic ? log(value / low) / log(high / low) : (value - low) / (high - low)
        return Self.left + share * (Self.end - Self.left)
    }

    func y(_ value: Double) -> Double { Self.floor - down.position(value) * (Self.floor - Self.top) }

    /// The axes with `parts` drawn between them.
    ///
    /// - Parameters:
    ///   - label: What a screen reader says of it.
    ///   - attributes: Further ones of the picture.
    func picture(_ parts: [String], label: String, attributes: [(String, String)] = []) -> String {
        Markup.element(
            "svg",
            [
                ("viewBox", "0 0 \(NumberText.place(Self.width)) \(NumberText.place(Self.height))"),
                ("role", "group"), ("aria-label", label),
            ] + attributes, (axes + parts).joined())
    }

    private var axes: [String] {
        var parts: [String] = []
        for tick in down.ticks {
            parts.append(Self.line("grid", Self.left, y(tick), Self.end, y(tick)))
            parts.append(Self.text(NumberText.tick(tick), Self.left - 6, y(tick) + 4, "end"))
        }
        for tick in ticks {
            parts.append(Self.line("axis", x(tick), Self.floor, x(tick), Self.floor + 4))
            parts.append(Self.text(NumberText.tick(tick), x(tick), Self.floor + 17, "middle"))
        }
        parts.append(Self.line("axis", Self.left, Self.floor, Self.end, Self.floor))
        let scale =
            isAcrossLogarithmic
            ? down.isLogarithmic ? ", both axes logarithmic" : ", logarithmic"
            : down.isLogarithmic ? ", logarithmic upwards" : ""
        parts.append(Self.text(name + scale, (Self.left + Self.end) / 2, Self.height - 6, "middle"))
        return parts
    }

    static func text(_ text: String, _ x: Double, _ y: Double, _ anchor: String) -> String {
        Markup.element(
            "text", [("x", NumberText.place(x)), ("y", NumberText.place(y)), ("text-anchor", anchor)],
            Markup.escaped(text))
    }

    /// Text that is read upwards, around its middle.
    static func upwards(_ text: String, _ x: Double, _ y: Double) -> String {
        Markup.element(
            "text",
            [
                ("text-anchor", "middle"),
                ("transform", "translate(\(NumberText.place(x)) \(NumberText.place(y))) rotate(-90)"),
            ], Markup.escaped(text))
    }

    static func line(_ look: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> String {
        Markup.element(
            "line",
            [
                ("class", look), ("x1", NumberText.place(x1)), ("y1", NumberText.place(y1)),
                ("x2", NumberText.place(x2)), ("y2", NumberText.place(y2)),
            ])
    }
}
