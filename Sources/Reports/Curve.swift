/// A sequence of points that is drawn as a line.
struct Curve {
    /// A number y at a place x.
    struct Point: Equatable {
        let x: Double
        let y: Double
    }

    /// How the line is drawn.
    enum Stroke: String {
        case solid, dashed, dotted
        /// Thin and pale, behind the others.
        case faint
        /// Points without a line.
        case points
    }

    /// The name in the legend.
    let name: String
    /// The index of its colour in the page's list.
    let color: Int
    var stroke = Stroke.solid
    /// Finite points, by ascending x.
    let points: [Point]

    /// A curve of those points that are finite.
    init(_ name: String, color: Int, stroke: Stroke = .solid, _ points: [Point]) {
        self.name = name
        self.color = color
        self.stroke = stroke
        self.points = points.filter { $0.x.isFinite && $0.y.isFinite }
    }

    /// At most `most` points that look the same: the smallest and the largest of each stretch, in their order.
    func thinned(to most: Int) -> [Point] {
        guard points.count > most else { return points }
        let stretches = most / 2
        return (0..<stretches).flatMap { stretch -> [Point] in
            let part = points[points.count * stretch / stretches..<points.count * (stretch + 1) / stretches]
            guard let low = part.indices.min(by: { part[$0].y < part[$1].y }),
                let high = part.indices.max(by: { part[$0].y < part[$1].y })
            else { return [] }
            return low == high ? [part[low]] : [part[min(low, high)], part[max(low, high)]]
        }
    }

    /// The point nearest to `x`; nil if none lies within `reach` of it.
    func point(near x: Double, reach: Double) -> Point? {
        var (low, high) = (0, points.count)
        while low < high {
            let middle = (low + high) / 2
            if points[middle].x < x { low = middle + 1 } else { high = middle }
        }
        let near = [low - 1, low].filter(points.indices.contains).map { points[$0] }
        return near.min { abs($0.x - x) < abs($1.x - x) }.flatMap { abs($0.x - x) <= reach ? $0 : nil }
    }
}
