import Randomness

/// How a parameter's first value is drawn; names and defaults are those of torch.nn.init.
///
/// Weights are (out, in) or (out, in / groups, kernel height, kernel width); fan-in is the product of all extents
/// but the first, fan-out that of all but the second (He et al. 2015, Glorot and Bengio 2010).
public indirect enum Initializer: Sendable {
    /// The same value everywhere.
    case constant(Float)
    /// U(−1/√fan-in, 1/√fan-in): torch's default for linear and convolution weights, kaiming_uniform with a = √5.
    case torchDefault
    /// torch's default for a bias: U(−1/√fan-in, 1/√fan-in) with the fan-in of the weight it belongs to.
    case torchDefaultBias(of: Parameter)
    /// U(a, b).
    case uniform(a: Double = 0, b: Double = 1)
    /// N(mean, deviation²).
    case normal(mean: Double = 0, deviation: Double = 1)
    /// N(mean, deviation²) restricted to a ... b.
    case truncatedNormal(mean: Double = 0, deviation: Double = 1, a: Double = -2, b: Double = 2)
    /// U(−bound, bound) with bound = gain √(6/(fan-in + fan-out)).
    case xavierUniform(gain: Double = 1)
    /// N(0, gain² · 2/(fan-in + fan-out)).
    case xavierNormal(gain: Double = 1)
    /// U(−bound, bound) with bound = gain √(3/fan).
    case kaimingUniform(fan: InitializerFan = .fanIn, Nonlinearity = .leakyReLU(slope: 0))
    /// N(0, gain²/fan).
    case kaimingNormal(fan: InitializerFan = .fanIn, Nonlinearity = .leakyReLU(slope: 0))
    /// gain times a matrix (first extent, product of the others) with orthonormal rows, or columns if it has more rows
    /// than columns (Saxe et al. 2013): Q · sign(diag R) of a normal matrix.
    case orthogonal(gain: Double = 1)
    /// Another initializer's values, with zeros in one row.
    case zeroRow(Int, of: Initializer)
    /// (O, 1, ...): the norms of another parameter's O rows, with which weight norm starts.
    case norms(of: Parameter)
    /// (O): the left singular vector of the largest singular value of another parameter as a matrix of O rows.
    case leftSingularVector(of: Parameter)
    /// The right singular vector of the same singular value.
    case rightSingularVector(of: Parameter)

    /// He's initializer for ReLU networks as torchvision's ResNet uses it: kaiming_normal with fan-out and gain √2.
    public static var kaimingNormalFanOut: Initializer { .kaimingNormal(fan: .fanOut, .relu) }

    /// The parameter from whose first value this one's is computed, if any.
    var source: Parameter? {
        switch self {
        case .norms(let parameter), .leftSingularVector(let parameter), .rightSingularVector(let parameter):
            parameter
        default: nil
        }
    }

    /// The first value of a parameter of `shape`, row-major.
    ///
    /// - Parameters:
    ///   - shapeOf: The shapes of other parameters, for biases.
    ///   - sourceValue: The first value of `source`, row-major, and its shape.
    ///   - random: Numbers keyed by the parameter and the element; those of `source` where there is one.
    func values(
        shape: [Int], shapeOf: (Parameter) -> [Int], sourceValue: (values: [Float], shape: [Int])? = nil,
        random: CounterRandom
    ) -> [Float] {
        let count = shape.reduce(1, *)
        func uniform(_ bound: Double) -> [Float] {
            (0..<count).map { Float((2 * random.uniform(at: UInt64($0)) - 1) * bound) }
        }
        func normal(_ deviation: Double) -> [Float] {
            (0..<count).map { Float(random.normal(at: UInt64($0)) * deviation) }
        }
        switch self {
        case .constant(let value):
            return Array(repeating: value, count: count)
        case .torchDefault:
            return uniform(1 / Double(InitializerFan.fanIn.count(of: shape)).squareRoot())
        case .torchDefaultBias(let weight):
            return uniform(1 / Double(InitializerFan.fanIn.count(of: shapeOf(weight))).squareRoot())
        case .uniform(let a, let b):
            return (0..<count).map { Float(a + (b - a) * random.uniform(at: UInt64($0))) }
        case .normal(let mean, let deviation):
            return (0..<count).map { Float(mean + deviation * random.normal(at: UInt64($0))) }
        case .truncatedNormal(let mean, let deviation, let a, let b):
            let normal = TruncatedNormal(mean: mean, deviation: deviation, a: a, b: b)
            return (0..<count).map { Float(normal.value(random.uniform(at: UInt64($0)))) }
        case .xavierUniform(let gain):
            return uniform((6 / Self.bothFans(shape)).squareRoot() * gain)
        case .xavierNormal(let gain):
            return normal((2 / Self.bothFans(shape)).squareRoot() * gain)
        case .kaimingUniform(let fan, let nonlinearity):
            return uniform((3 * nonlinearity.squaredGain / Double(fan.count(of: shape))).squareRoot())
        case .kaimingNormal(let fan, let nonlinearity):
            return normal((nonlinearity.squaredGain / Double(fan.count(of: shape))).squareRoot())
        case .orthogonal(let gain):
            return OrthogonalMatrix.values(shape: shape, gain: gain, random: random)
        case .zeroRow(let row, let initializer):
            var values = initializer.values(shape: shape, shapeOf: shapeOf, random: random)
            let width = shape.dropFirst().reduce(1, *)
            values.replaceSubrange(row * width..<(row + 1) * width, with: repeatElement(0, count: width))
            return values
        case .norms, .leftSingularVector, .rightSingularVector:
            guard let sourceValue else {
                preconditionFailure("a first value is computed of another that is not there yet")
            }
            let matrix = WeightMatrix(sourceValue.values, shape: sourceValue.shape)
            switch self {
            case .norms: return matrix.rowNorms
            case .leftSingularVector: return matrix.singularVectors(random: random).left
            default: return matrix.singularVectors(random: random).right
            }
        }
    }

    private static func bothFans(_ shape: [Int]) -> Double {
        Double(InitializerFan.fanIn.count(of: shape) + InitializerFan.fanOut.count(of: shape))
    }
}
