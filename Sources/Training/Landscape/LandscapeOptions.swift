/// The directions of a landscape. They start at the given weights, where a (and b) are 0.
public enum LandscapeDirections: Sendable, Hashable {
    /// The gradient g/‖g‖, uphill: a is the distance in the space of parameters, so that the slope at 0 is the ‖g‖ of a
    /// diagnosis.
    case gradient
    /// Unit eigenvectors of the Hessian, of the largest eigenvalue for a and of the smallest for b: both are distances, so
    /// that the curvatures at 0 are the λ of a diagnosis. One alone where there is only one parameter.
    case eigenvectors
    /// Two directions of normal numbers, drawn by the seed, in which every filter has the norm of the weights' own: 1 is as
    /// far as the weights are large. Parameters of one dimension, such as biases, stay. (Li et al., "Visualizing the Loss
    /// Landscape of Neural Nets", NeurIPS 2018.)
    case plane
    /// From the weights, at 0, to others, at 1: a run's folder, one of its checkpoints, or a safetensors file. Batch norm's
    /// statistics move along.
    case line(to: String)

    /// The number of directions for a model with this many parameters.
    func count(parameters: Int) -> Int {
        switch self {
        case .gradient, .line: 1
        case .eigenvectors: min(2, parameters)
        case .plane: 2
        }
    }

    /// What the command line calls it: "gradient", "eigenvectors", "plane", or "to".
    package var name: String {
        switch self {
        case .gradient: "gradient"
        case .eigenvectors: "eigenvectors"
        case .plane: "plane"
        case .line: "to"
        }
    }
}

/// How a landscape is drawn.
public struct LandscapeOptions: Sendable {
    /// Points along each direction, at least 2; nil for 51 on a line and 25 × 25 on a plane. Where they are odd, the weights
    /// are one of them.
    public var points: Int?
    /// How far the points reach, in units of the directions: from −radius to radius, on a line to other weights from 1 −
    /// radius to radius, where it is at least 1.
    public var radius = 1.0
    /// Examples, a seeded sample of the data set; nil for all.
    public var examples: Int?
    /// The seed of random directions, start vectors and samples.
    public var seed: UInt64 = 0
    /// Whether batch norm uses the moments of the run's own mini-batches, as in training, or its running statistics.
    public var usesBatchStatistics = false
    /// Whether a landscape that the folder holds is replaced.
    public var overwrites = false

    /// The options of `dtrain landscape`.
    public init() {}
}

extension LandscapeOptions {
    /// What is wrong with the options, and what to change; nil if nothing is.
    package func problem(_ along: LandscapeDirections) -> String? {
        let isPlane = along == .plane || along == .eigenvectors
        let most = isPlane ? LandscapeGrid.mostOnAPlane : LandscapeGrid.mostOnALine
        if let points, !(2...most).contains(points) {
            return "--points must be from 2 to \(most) on \(isPlane ? "a plane" : "a line"), is \(points)"
        }
        guard radius > 0, radius.isFinite else { return "--radius must be above 0, is \(radius)" }
        if case .line = along, radius < 1 {
            return "--radius must be at least 1 on a line to other weights, which lie at 1, is \(radius)"
        }
        if let examples, examples < 1 { return "--examples must be at least 1, is \(examples)" }
        return nil
    }
}

/// The points of a landscape.
package struct LandscapeGrid: Sendable, Equatable {
    /// Positions along the first direction, ascending.
    package let a: [Double]
    /// Positions along the second, ascending; nil on a line.
    package let b: [Double]?

    /// The most points along a direction.
    package static let (mostOnALine, mostOnAPlane) = (100_000, 255)

    /// The points that `options` ask for, along `count` directions.
    init(_ along: LandscapeDirections, count: Int, _ options: LandscapeOptions) {
        let points = options.points ?? (count == 1 ? 51 : 25)
        var lower = -options.radius
        if case .line = along { lower = 1 - options.radius }
        let upper = options.radius
        a = (0..<points).map { place in
            // The middle and the ends are exact.
            if place == 0 { return lower }
            if place == points - 1 { return upper }
            let (left, right) = (Double(points - 1 - place), Double(place))
            return (lower * left + upper * right) / Double(points - 1)
        }
        b = count == 1 ? nil : a
    }

    /// The number of points.
    package var count: Int { a.count * (b?.count ?? 1) }

    /// The coordinates of a point by its number, which counts all of b for each a.
    package func coordinates(_ point: Int) -> [Double] {
        guard let b else { return [a[point]] }
        return [a[point / b.count], b[point % b.count]]
    }
}
