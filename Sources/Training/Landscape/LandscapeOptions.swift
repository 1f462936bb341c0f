/// The directions of a landscape. They start at the given weights, where a (and b) are 0, but for `outputs` and `path`.
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
    /// From the weights, at 0, to those of the same network with its hidden units in another, seeded order, at 1. For lists of
    /// linear, convolutional and batch norm layers, activations, pooling, flatten and dropout.
    case permutation
    /// The plane of the ways that runs with `TrainingSettings.parameterSteps` took, given by their folders. For a model of
    /// two parameters a and b are these parameters, for one of a single parameter a is. For others the directions are the
    /// two along which the points of all paths lie farthest from the weights (principal directions, without a mean).
    case path([String])
    /// The plane of two of the model's outputs, counted from 0: a and b take their place for every example, while the
    /// other outputs and all weights stay. Where the model ends in softmax, log_softmax, sigmoid or tanh, the outputs
    /// are what this function is applied to.
    case outputs(Int, Int)

    /// The number of directions, but for paths, for a model with this many parameters.
    func count(parameters: Int) -> Int {
        switch self {
        case .gradient, .line, .permutation: 1
        case .eigenvectors, .path: min(2, parameters)
        case .plane, .outputs: 2
        }
    }

    /// Whether it leads to other weights, at 1.
    package var leadsToOthers: Bool {
        switch self {
        case .line, .permutation: true
        case .gradient, .eigenvectors, .plane, .path, .outputs: false
        }
    }

    /// Whether points lie over a plane, where the model has parameters enough.
    var isPlane: Bool {
        switch self {
        case .plane, .eigenvectors, .path, .outputs: true
        case .gradient, .line, .permutation: false
        }
    }

    /// What the command line calls it: "gradient", "eigenvectors", "plane", "to", "path" or "outputs".
    package var name: String {
        switch self {
        case .gradient: "gradient"
        case .eigenvectors: "eigenvectors"
        case .plane: "plane"
        case .line: "to"
        case .permutation: "permutation"
        case .path: "path"
        case .outputs: "outputs"
        }
    }
}

/// How a landscape is drawn.
public struct LandscapeOptions: Sendable {
    /// Points along each direction, at least 2; nil for 51 on a line and 25 × 25 on a plane. Where they are odd, the weights
    /// are one of them.
    public var points: Int?
    /// How far the points reach, in units of the directions: from −radius to radius, on a line to other weights from 1 −
    /// radius to radius, where it is at least 1; nil for 1, over outputs for 10.
    public var radius: Double?
    /// The ends of a, then those of b, of the plane of paths, or of outputs; nil for all paths with a margin, and for
    /// outputs of the radius.
    public var range: [Double]?
    /// Examples, a seeded sample of the data set; nil for all.
    public var examples: Int?
    /// The seed of random directions, start vectors and samples.
    public var seed: UInt64 = 0
    /// Whether batch norm uses the moments of the run's own mini-batches, as in training, or its running statistics.
    public var usesBatchStatistics = false
    /// Whether the second-order Taylor polynomial at the weights is computed beside the loss.
    public var expands = false
    /// Whether a landscape that the folder holds is replaced.
    public var overwrites = false

    /// The options of `dtrain landscape`.
    public init() {}
}

extension LandscapeOptions {
    /// What is wrong with the options, and what to change; nil if nothing is.
    package func problem(_ along: LandscapeDirections) -> String? {
        let most = along.isPlane ? LandscapeGrid.mostOnAPlane : LandscapeGrid.mostOnALine
        if let points, !(2...most).contains(points) {
            return
                "--points must be from 2 to \(most) on \(along.isPlane ? "a plane" : "a line"), is \(points)"
        }
        let radius = radius(along)
        guard radius > 0, radius.isFinite else { return "--radius must be above 0, is \(radius)" }
        if along.leadsToOthers, radius < 1 {
            return "--radius must be at least 1 on a line to other weights, which lie at 1, is \(radius)"
        }
        if let range {
            let counts: [Int]
            switch along {
            case .path: counts = [2, 4]
            case .outputs: counts = [4]
            default: return "--range is for --path and --outputs; use --radius for other directions"
            }
            guard counts.contains(range.count), range.allSatisfy(\.isFinite),
                stride(from: 0, to: range.count, by: 2).allSatisfy({ range[$0] < range[$0 + 1] })
            else { return "--range must be two ascending numbers for a, and two for b, is \(range)" }
        }
        if let examples, examples < 1 { return "--examples must be at least 1, is \(examples)" }
        if case .outputs(let first, let second) = along { return problem(ofOutputs: first, second) }
        return nil
    }

    private func problem(ofOutputs first: Int, _ second: Int) -> String? {
        guard first >= 0, second >= 0, first != second else {
            return "--outputs must be two different outputs, counted from 0, is \(first),\(second)"
        }
        if expands { return "--taylor is of the weights, which --outputs leaves as they are: leave it out" }
        if usesBatchStatistics {
            return "--outputs are those of evaluation: leave out --batch-norm training"
        }
        return nil
    }

    /// The radius, or its default.
    func radius(_ along: LandscapeDirections) -> Double {
        if let radius { return radius }
        if case .outputs = along { return 10 }
        return 1
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
        if let range = options.range, range.count == 2 * count {
            let ends = (0..<count).map { [range[2 * $0], range[2 * $0 + 1]] }
            self.init(between: ends, points: options.points)
            return
        }
        let radius = options.radius(along)
        let lower = along.leadsToOthers ? 1 - radius : -radius
        self.init(between: Array(repeating: [lower, radius], count: count), points: options.points)
    }

    /// `points` along each direction, 51 on a line and 25 on a plane unless given, between these ends.
    init(between ends: [[Double]], points: Int?) {
        let points = points ?? (ends.count == 1 ? 51 : 25)
        a = Self.positions(ends[0][0], ends[0][1], points)
        b = ends.count == 1 ? nil : Self.positions(ends[1][0], ends[1][1], points)
    }

    private static func positions(_ lower: Double, _ upper: Double, _ points: Int) -> [Double] {
        (0..<points).map { place in
            // The middle and the ends are exact.
            if place == 0 { return lower }
            if place == points - 1 { return upper }
            let (left, right) = (Double(points - 1 - place), Double(place))
            return (lower * left + upper * right) / Double(points - 1)
        }
    }

    /// The number of points.
    package var count: Int { a.count * (b?.count ?? 1) }

    /// The coordinates of a point by its number, which counts all of b for each a.
    package func coordinates(_ point: Int) -> [Double] {
        guard let b else { return [a[point]] }
        return [a[point / b.count], b[point % b.count]]
    }
}
