import Randomness

/// How a parameter's first value is drawn; defaults are torch's.
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
    /// N(0, gain²/fan-out), gain √2: He's form for ReLU networks, as torchvision's ResNet uses it.
    case kaimingNormalFanOut
    /// U(−√(6/(fan-in + fan-out)), +√(6/(fan-in + fan-out))).
    case xavierUniform

    /// The first value of a parameter of `shape`, row-major.
    ///
    /// - Parameters:
    ///   - shapeOf: The shapes of other parameters, for biases.
    ///   - random: Numbers keyed by the parameter and the logical element.
    func values(shape: [Int], shapeOf: (Parameter) -> [Int], random: CounterRandom) -> [Float] {
        let count = shape.reduce(1, *)
        func uniform(_ bound: Double) -> [Float] {
            (0..<count).map { Float((2 * random.uniform(at: UInt64($0)) - 1) * bound) }
        }
        switch self {
        case .constant(let value):
            return Array(repeating: value, count: count)
        case .torchDefault:
            return uniform(1 / Double(Self.fanIn(shape)).squareRoot())
        case .torchDefaultBias(let weight):
            return uniform(1 / Double(Self.fanIn(shapeOf(weight))).squareRoot())
        case .kaimingNormalFanOut:
            let deviation = (2 / Double(Self.fanOut(shape))).squareRoot()
            return (0..<count).map { Float(random.normal(at: UInt64($0)) * deviation) }
        case .xavierUniform:
            return uniform((6 / Double(Self.fanIn(shape) + Self.fanOut(shape))).squareRoot())
        }
    }

    private static func fanIn(_ shape: [Int]) -> Int { max(1, shape.dropFirst().reduce(1, *)) }
    private static func fanOut(_ shape: [Int]) -> Int {
        max(1, (shape.first ?? 1) * shape.dropFirst(2).reduce(1, *))
    }
}
