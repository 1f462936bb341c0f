/// Bars side by side over an axis of numbers.
struct BarChart {
    let title: String
    /// The name of the horizontal axis.
    let across: String
    /// The start of the first bar and the width of each, on the horizontal axis.
    let lowest: Double
    let width: Double
    /// The heights, at least 0.
    let bars: [Double]
    /// Whether the vertical axis is logarithmic; it then starts at half of the lowest bar that is not 0.
    var isLogarithmic = false
    /// What the vertical axis must at least reach; nil for the highest bar.
    var reaches: Double?
    /// Whether a line from corner to corner shows the ideal heights.
    var hasDiagonal = false
    /// The description of the bar at a place.
    let words: (_ place: Int) -> String

    /// The picture; nil where all bars are 0.
    var svg: String? {
        let shown = bars.filter { $0 > 0 }
        guard let least = shown.min(), let most = shown.max() else { return nil }
        let heights = isLogarithmic ? [least / 2, most] : [0, max(most, reaches ?? 0)]
        let ends = lowest...lowest + width * Double(bars.count)
        guard
            let frame = Frame(
                across: [ends.lowerBound, ends.upperBound], name: across, ends: ends,
                down: Scale(heights, logarithmicFrom: isLogarithmic ? 1 : nil))
        else { return nil }
        var parts = bars.indices.filter { bars[$0] > 0 }.map { bar($0, frame) }
        if hasDiagonal {
            parts.append(
                Frame.line("curve dashed c6", Frame.left, Frame.floor, Frame.end, frame.y(heights[1])))
        }
        return frame.picture(parts, label: "\(title) by \(across)")
    }

    private func bar(_ place: Int, _ frame: Frame) -> String {
        let (from, to) = (
            frame.x(lowest + width * Double(place)), frame.x(lowest + width * Double(place + 1))
        )
        let top = frame.y(bars[place])
        return Markup.element(
            "rect",
            [
                ("class", "bar"), ("x", NumberText.place(from + 0.5)), ("y", NumberText.place(top)),
                ("width", NumberText.place(max(1, to - from - 1))),
                ("height", NumberText.place(max(0.5, Frame.floor - top))), ("tabindex", "0"), ("role", "img"),
                ("aria-label", words(place)),
            ], Markup.element("title", [], Markup.escaped(words(place))))
    }
}
