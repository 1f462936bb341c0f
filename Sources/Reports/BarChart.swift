/// Bars side by side over an axis of numbers.
struct BarChart {
    let title: String
    /// What the horizontal axis is of.
    let across: String
    /// Where the first bar begins, and how wide each is.
    let lowest: Double
    let width: Double
    /// Numbers from 0 on.
    let bars: [Double]
    /// Whether heights go by ratios, from half of the least bar that is not 0 on.
    var isLogarithmic = false
    /// The least that the vertical axis reaches to; nil for the highest bar.
    var reaches: Double?
    /// A line from one corner to the other, as what bars should be.
    var hasDiagonal = false
    /// What a bar is, in words, by its place.
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
