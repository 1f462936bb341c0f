import Glibc
import Graph

extension ReferenceTensor {
    /// f(x), element by element.
    func applying(_ function: Unary) -> ReferenceTensor {
        switch function {
        case .negate: map { -$0 }
        case .exp: map { exp($0) }
        case .log: map { log($0) }
        case .sqrt: map { $0.squareRoot() }
        case .reciprocal: map { 1 / $0 }
        case .tanh: map { tanh($0) }
        case .sigmoid: map { 1 / (1 + exp(-$0)) }
        case .erf: map { erf($0) }
        case .relu: map { $0 <= 0 ? 0 : $0 }
        case .abs: map { $0.magnitude }
        case .square: map { $0 * $0 }
        case .sin: map { sin($0) }
        case .cos: map { cos($0) }
        case .power(let exponent): map { pow($0, exponent) }
        case .step: map { $0 > 0 ? 1 : 0 }
        case .sign: map { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }
        case .leakyRelu(let slope): map { $0 > 0 ? $0 : slope * $0 }
        case .gelu: map { $0 * Self.normalCDF($0) }
        case .softplus: map { max($0, 0) + log1p(exp(-$0.magnitude)) }
        case .clamp(let limit): map { min(max($0, -limit), limit) }
        case .scale(let factor): map { factor * $0 }
        case .offset(let term): map { $0 + term }
        }
    }

    /// f(a, b), element by element; b is dy in the gradient forms.
    func applying(_ function: Binary, _ other: ReferenceTensor) -> ReferenceTensor {
        switch function {
        case .add: combined(with: other, +)
        case .subtract: combined(with: other, -)
        case .multiply: combined(with: other, *)
        case .divide: combined(with: other, /)
        case .power: combined(with: other) { pow($0, $1) }
        case .maximum: combined(with: other) { $0.isNaN || $1.isNaN ? .nan : max($0, $1) }
        case .minimum: combined(with: other) { $0.isNaN || $1.isNaN ? .nan : min($0, $1) }
        case .less: combined(with: other) { $0 < $1 ? 1 : 0 }
        case .lessOrEqual: combined(with: other) { $0 <= $1 ? 1 : 0 }
        case .equal: combined(with: other) { $0 == $1 ? 1 : 0 }
        case .reluGradient: combined(with: other) { y, dy in y > 0 ? dy : 0 }
        case .leakyReluGradient(let slope): combined(with: other) { x, dy in x > 0 ? dy : slope * dy }
        case .sigmoidGradient: combined(with: other) { y, dy in dy * y * (1 - y) }
        case .tanhGradient: combined(with: other) { y, dy in dy * (1 - y * y) }
        case .geluGradient:
            combined(with: other) { x, dy in
                dy * (Self.normalCDF(x) + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot())
            }
        }
    }

    /// a where this tensor is not 0, else b.
    func selecting(_ a: ReferenceTensor, else b: ReferenceTensor) -> ReferenceTensor {
        ReferenceTensor(shape, values.indices.map { values[$0] != 0 ? a.values[$0] : b.values[$0] })
    }

    /// Φ(x), the distribution function of the standard normal.
    private static func normalCDF(_ x: Double) -> Double { (1 + erf(x / 2.squareRoot())) / 2 }
}
