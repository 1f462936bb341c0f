/// The lines on which a function, known at the points of a grid, takes a value: marching squares, a straight piece in
/// each square between four points.
struct Contour {
    /// The points' coordinates, ascending.
    let columns: [Double]
    let rows: [Double]
    /// The function's values, column by column.
    let values: [Double]

    /// A place of the plane.
    struct Place: Equatable {
        let x: Double
        let y: Double
    }

    /// The straight pieces on which the function is `level`.
    func segments(at level: Double) -> [(Place, Place)] {
        var found: [(Place, Place)] = []
        for column in 0..<max(0, columns.count - 1) {
            for row in 0..<max(0, rows.count - 1) { found += segments(at: level, column, row) }
        }
        return found
    }

    private func segments(at level: Double, _ column: Int, _ row: Int) -> [(Place, Place)] {
        // In order around the square, so that neighbours are the ends of an edge.
        let corners = [
            (column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1),
        ].map { (Place(x: columns[$0.0], y: rows[$0.1]), values[$0.0 * rows.count + $0.1]) }
        var crossings: [Place] = []
        for (place, corner) in corners.enumerated() {
            let next = corners[(place + 1) % corners.count]
            guard (corner.1 < level) != (next.1 < level) else { continue }
            let share = (level - corner.1) / (next.1 - corner.1)
            crossings.append(
                Place(
                    x: corner.0.x + share * (next.0.x - corner.0.x),
                    y: corner.0.y + share * (next.0.y - corner.0.y)))
        }
        guard crossings.count == 4 else {
            return crossings.count == 2 ? [(crossings[0], crossings[1])] : []
        }
        // In a saddle the mean of the corners decides which of them are connected.
        let middle = corners.reduce(0) { $0 + $1.1 } / 4
        let isFirstCut = (corners[0].1 < level) != (middle < level)
        return isFirstCut
            ? [(crossings[3], crossings[0]), (crossings[1], crossings[2])]
            : [(crossings[0], crossings[1]), (crossings[2], crossings[3])]
    }
}
