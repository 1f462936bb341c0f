/// Numbers along one axis, drawn as a line.
struct Curve {
    /// A number at a place.
    struct Point: Equatable {
        let x: Double
        let y: Double
    }

    /// How the line is drawn.
    enum Stroke: String {
        case solid, dashed, dotted
        /// Thin and pale, behind the others.
        case faint
    }

    /// What it is, for the legend.
    let name: String
    /// The place of its colour in the page's list.
    let color: Int
    var stroke = Stroke.solid
    /// By x ascending; the numbers are finite.
    let points: [Point]

    /// A curve of the points that are finite.
    init(_ name: String, color: Int, stroke: Stroke = .solid, _ points: [Point]) {
        self.name = name
        self.color = color
        self.stroke = stroke
        self.points = points.filter { $0.x.isFinite && $0.y.isFinite }
    }

    /// So many points at most that look the same: of each stretch the least and the greatest, in their order.
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

    /// The point nearest to a place; nil where none lies within `reach` of it.
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
