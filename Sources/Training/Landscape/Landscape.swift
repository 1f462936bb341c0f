import Graph

/// The loss at points around weights, on a line or a plane.
public struct Landscape: Sendable {
    /// The directions that it is drawn along.
    public let along: LandscapeDirections
    /// Its points.
    package let grid: LandscapeGrid
    /// The mean loss at each point: for each position along the first direction, all along the second.
    public let losses: [Double]
    /// How far it reaches, in units of the directions.
    public let radius: Double
    /// ‖θ‖ of the weights.
    public let weightNorm: Double
    /// The norm of each direction in the space of parameters; none for outputs.
    public let directionNorms: [Double]
    /// ‖∇L‖, where it is drawn along the gradient.
    public let gradientNorm: Double?
    /// The eigenvalues whose eigenvectors it is drawn along.
    public let eigenvalues: [Diagnosis.Eigenvalue]
    /// Whether batch norm used mini-batches' moments.
    public let usesBatchStatistics: Bool
    /// Whether the model has batch norm.
    package let hasBatchNorm: Bool
    /// How the run stores activations; the losses here are computed in Float32.
    public internal(set) var runPrecision = Precision.float32
    /// The data set: "train", "validation" or "test".
    public let data: String
    /// The number of examples.
    public let examples: Int
    /// Whether they are a sample of the set.
    public let isSample: Bool
    /// The number of trainable elements.
    public let parameters: Int
    /// The paths that are drawn over it; nil for other directions.
    public let paths: PathPlane?
    /// The outputs that it is drawn over; nil for other directions.
    public let outputs: OutputPlane?
    /// The Taylor polynomial at the weights, if it was asked for.
    public let taylor: TaylorExpansion?
    /// The seed of random directions, start vectors and samples.
    public let seed: UInt64

    /// A point and the loss there.
    public struct Point: Sendable, Equatable {
        /// Its position along each direction.
        public let coordinates: [Double]
        /// The mean loss.
        public let loss: Double
    }

    /// Positions along the first direction, ascending.
    public var a: [Double] { grid.a }
    /// Positions along the second direction, ascending; nil on a line.
    public var b: [Double]? { grid.b }

    /// A point by its number in `losses`.
    public func point(_ place: Int) -> Point {
        Point(coordinates: grid.coordinates(place), loss: losses[place])
    }

    /// The Taylor polynomial at a point by its number; nil without.
    package func taylor(_ place: Int) -> Double? {
        let coordinates = grid.coordinates(place)
        return taylor?.value(at: paths.map { zip(coordinates, $0.origin).map { $0 - $1 } } ?? coordinates)
    }

    /// The points of a finite loss: all, but far from the weights on the plane of paths.
    package var finite: [Int] { losses.indices.filter { losses[$0].isFinite } }

    /// The first point of the least loss.
    public var least: Point { point(finite.min { losses[$0] < losses[$1] } ?? 0) }

    /// The first point of the greatest finite loss.
    public var greatest: Point { point(finite.max { losses[$0] < losses[$1] } ?? 0) }

    /// The loss at these coordinates; nil where no point lies there.
    func loss(at coordinates: [Double]) -> Double? {
        losses.indices.first { grid.coordinates($0) == coordinates }.map { losses[$0] }
    }

    /// The loss at the weights themselves; nil where no point lies there, and over outputs, of which each example has
    /// its own.
    public var loss: Double? { loss(at: paths?.origin ?? directionNorms.map { _ in 0 }) }

    /// The curvature at the weights along each direction, (L(h) − 2L(0) + L(−h)) / h² of the points beside them at ±h; nil
    /// where the weights are no point between others.
    public var sharpness: [Double]? {
        guard let loss, paths == nil, outputs == nil else { return nil }
        var found: [Double] = []
        for direction in directionNorms.indices {
            let positions = direction == 0 ? grid.a : grid.b ?? []
            guard let middle = positions.firstIndex(of: 0), middle > 0, middle + 1 < positions.count else {
                return nil
            }
            func beside(_ place: Int) -> Double? {
                var coordinates = directionNorms.map { _ in 0.0 }
                coordinates[direction] = positions[place]
                return self.loss(at: coordinates)
            }
            guard let left = beside(middle - 1), let right = beside(middle + 1) else { return nil }
            let step = (positions[middle + 1] - positions[middle - 1]) / 2
            found.append((left - 2 * loss + right) / (step * step))
        }
        return found
    }

    /// The losses at both ends of a line to other weights, and by how much the highest point between them lies above
    /// the straight line between these losses (Frankle et al., "Linear Mode Connectivity and the Lottery Ticket
    /// Hypothesis", ICML 2020); nil for other directions, or where no point lies at an end.
    public var barrier: (ends: [Double], height: Double)? {
        guard along.leadsToOthers, let here = loss(at: [0]), let there = loss(at: [1]) else { return nil }
        let inside = zip(grid.a, losses).filter { (0...1).contains($0.0) }
        let heights = inside.map { (position: Double, loss: Double) -> Double in
            loss - ((1 - position) * here + position * there)
        }
        return ([here, there], max(0, heights.max() ?? 0))
    }
}
