/// Functions of two operands; the gradient forms take (a, dy) and are composites.
public enum Binary: Sendable, Hashable {
    case add, subtract, multiply, divide
    /// a to the power of b, by the rules of C's pow.
    case power
    /// The larger and the smaller of two; NaN if either is.
    case maximum, minimum
    /// 1 where a < b, a ≤ b or a = b, else 0.
    case less, lessOrEqual, equal
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
            .geluGradient, .maximum, .minimum, .less:
            true
        case .divide, .power, .lessOrEqual, .equal: false
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
        case .power:
            let y = node.results[0]
            return [
                wanted[0] ? dy * (b * a.power(b + -1)) : nil,
                // Where a is 0 the power does not change with b, though log a is infinite.
                wanted[1] ? dy * y.selecting(y * y.selecting(a, else: y + 1).log(), else: y) : nil,
            ]
        case .maximum, .minimum:
            // Of two equal operands each has half of the derivative, as in torch.
            let isFirst = self == .maximum ? b.isLess(than: a) : a.isLess(than: b)
            let share = isFirst + a.isEqual(to: b) * 0.5
            return [wanted[0] ? dy * share : nil, wanted[1] ? dy * (-share + 1) : nil]
        case .less, .lessOrEqual, .equal: return []
        case .reluGradient, .leakyReluGradient: return [nil, a.applying(.elementwise(.binary(self)), dy)]
        case .sigmoidGradient, .tanhGradient, .geluGradient:
            preconditionFailure("\(self) has no derivative of its own; decompose the graph first")
        }
    }

    /// Of the gradient forms, from (a, dy).
    var definition: Definition? {
        switch self {
        case .add, .subtract, .multiply, .divide, .power, .maximum, .minimum, .less, .lessOrEqual, .equal:
            return nil
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
    /// The element-wise power, by the rules of C's pow.
    public func power(_ exponent: Tensor) -> Tensor { applying(.elementwise(.binary(.power)), exponent) }
    /// The larger of two, element by element; NaN if either is.
    public func maximum(_ other: Tensor) -> Tensor { applying(.elementwise(.binary(.maximum)), other) }
    /// The smaller of two, element by element; NaN if either is.
    public func minimum(_ other: Tensor) -> Tensor { applying(.elementwise(.binary(.minimum)), other) }
    /// 1 where this tensor is below `other`, else 0.
    public func isLess(than other: Tensor) -> Tensor { applying(.elementwise(.binary(.less)), other) }
    /// 1 where this tensor is at most `other`, else 0.
    public func isAtMost(_ other: Tensor) -> Tensor { applying(.elementwise(.binary(.lessOrEqual)), other) }
    /// 1 where this tensor equals `other`, else 0.
    public func isEqual(to other: Tensor) -> Tensor { applying(.elementwise(.binary(.equal)), other) }
}
