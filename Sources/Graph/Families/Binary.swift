/// Functions of two operands; the gradient forms take (a, dy) and are composites.
public enum Binary: Sendable, Hashable {
    case add, subtract, multiply, divide
    /// a = y: dy where y > 0.
    case reluGradient
    /// a = x: dy where x > 0, else slope · dy.
    case leakyReluGradient(slope: Double)
    /// a = y: dy · y (1 − y).
    case sigmoidGradient
    /// a = y: dy (1 − y²).
    case tanhGradient
    /// a = x: dy (Φ(x) + x φ(x)).
    case geluGradient

    /// Whether f(0, 0) = 0, so that zero padding of a blocked layout stays zero.
    package var preservesZero: Bool {
        switch self {
        case .add, .subtract, .multiply, .reluGradient, .leakyReluGradient, .sigmoidGradient, .tanhGradient,
            .geluGradient:
            true
        case .divide: false
        }
    }

    /// What flows back to both operands.
    func gradient(of dy: Tensor, at node: BackwardNode) -> [Tensor?] {
        let (a, b) = (node.operands[0], node.operands[1])
        let wanted = node.wanted
        switch self {
        case .add: return [dy, dy]
        case .subtract: return [dy, wanted[1] ? -dy : nil]
        case .multiply: return [wanted[0] ? dy * b : nil, wanted[1] ? dy * a : nil]
        case .divide: return [wanted[0] ? dy / b : nil, wanted[1] ? -(dy * node.results[0] / b) : nil]
        case .reluGradient, .leakyReluGradient: return [nil, a.applying(.elementwise(.binary(self)), dy)]
        case .sigmoidGradient, .tanhGradient, .geluGradient:
            preconditionFailure("\(self) has no derivative of its own; decompose the graph first")
        }
    }

    /// Of the gradient forms, from (a, dy).
    var definition: Definition? {
        switch self {
        case .add, .subtract, .multiply, .divide: return nil
        case .reluGradient: return { [$0[0].step() * $0[1]] }
        case .leakyReluGradient(let slope): return { [($0[0].step() * (1 - slope) + slope) * $0[1]] }
        case .sigmoidGradient: return { [$0[1] * $0[0] * (-$0[0] + 1)] }
        case .tanhGradient: return { [$0[1] * (-$0[0].squared() + 1)] }
        case .geluGradient:
            return { operands in
                let (x, dy) = (operands[0], operands[1])
                let density = (x.squared() * -0.5).exp() * (1 / (2 * Double.pi).squareRoot())
                return [dy * (x.normalCDF() + x * density)]
            }
        }
    }
}

extension Tensor {
    /// The element-wise sum of equal shapes.
    public static func + (a: Tensor, b: Tensor) -> Tensor { a.applying(.elementwise(.binary(.add)), b) }
    /// The element-wise difference of equal shapes.
    public static func - (a: Tensor, b: Tensor) -> Tensor { a.applying(.elementwise(.binary(.subtract)), b) }
    /// The element-wise product of equal shapes.
    public static func * (a: Tensor, b: Tensor) -> Tensor { a.applying(.elementwise(.binary(.multiply)), b) }
    /// The element-wise quotient of equal shapes.
    public static func / (a: Tensor, b: Tensor) -> Tensor { a.applying(.elementwise(.binary(.divide)), b) }
}
