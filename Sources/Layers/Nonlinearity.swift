/// The activation function that follows a layer, by whose gain initializers scale weights, as
/// torch.nn.init.calculate_gain.
public enum Nonlinearity: Sendable, Hashable {
    /// No activation: gain 1.
    case linear
    /// Gain 1.
    case sigmoid
    /// Gain 5/3.
    case tanh
    /// Gain √2.
    case relu
    /// Gain √(2/(1 + slope²)).
    case leakyReLU(slope: Double = 0.01)
    /// Gain 3/4.
    case selu

    /// gain².
    var squaredGain: Double {
        switch self {
        case .linear, .sigmoid: 1
        case .tanh: 25.0 / 9
        case .relu: 2
        case .leakyReLU(let slope): 2 / (1 + slope * slope)
        case .selu: 9.0 / 16
        }
    }
}
