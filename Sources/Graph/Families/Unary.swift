/// Functions of one operand.
public enum Unary: Sendable, Hashable {
    case negate, exp, log, sqrt, reciprocal, tanh, sigmoid, erf, relu, abs, square, sin, cos
    /// 1 where x > 0, else 0.
    case step
    /// −1, 0 or 1.
    case sign
    /// x where x > 0, else slope · x.
    case leakyRelu(slope: Double)
    /// x/2 · (1 + erf(x/√2)).
    case gelu
    /// log(1 + eˣ).
    case softplus
    /// x to this power.
    case power(Double)
    /// x, held between −limit and limit.
    case clamp(limit: Double)
    /// factor · x.
    case scale(Double)
    /// x + term.
    case offset(Double)

    /// Whether f(0) = 0, so that zero padding of a blocked layout stays zero.
    package var preservesZero: Bool {
        switch self {
        case .negate, .sqrt, .tanh, .erf, .relu, .abs, .square, .step, .sign, .leakyRelu, .gelu, .clamp,
            .scale, .sin:
            true
        case .power(let exponent): exponent > 0
        case .exp, .log, .reciprocal, .sigmoid, .softplus, .offset, .cos: false
        }
    }

    /// dy · f′(x), from x and y = f(x); nil where f′ is zero.
    func gradient(of dy: Tensor, x: Tensor, y: Tensor) -> Tensor? {
        switch self {
        case .negate: return -dy
        case .exp: return dy * y
        case .log: return dy / x
        case .sqrt: return dy / (y * 2)
        case .reciprocal: return -(dy * y.squared())
        case .tanh: return y.applying(.elementwise(.binary(.tanhGradient)), dy)
        case .sigmoid: return y.applying(.elementwise(.binary(.sigmoidGradient)), dy)
        case .erf: return dy * ((-x.squared()).exp() * (2 / Double.pi.squareRoot()))
        case .relu: return y.applying(.elementwise(.binary(.reluGradient)), dy)
        case .step, .sign: return nil
        case .abs: return dy * x.applying(.elementwise(.unary(.sign)))
        case .square: return dy * (x * 2)
        case .sin: return dy * x.cos()
        case .cos: return -(dy * x.sin())
        case .power(let exponent):
            return exponent == 0 ? nil : dy * (x.power(exponent - 1) * exponent)
        case .leakyRelu(let slope):
            return x.applying(.elementwise(.binary(.leakyReluGradient(slope: slope))), dy)
        case .gelu: return x.applying(.elementwise(.binary(.geluGradient)), dy)
        case .softplus: return dy * x.sigmoid()
        case .clamp(let limit):
            let isBeyond = (x.magnitude() + -limit).step()
            return dy * (-isBeyond + 1)
        case .scale(let factor): return dy * factor
        case .offset: return dy
        }
    }

    var definition: Definition? {
        switch self {
        case .gelu: return { [$0[0] * $0[0].normalCDF()] }
        case .negate, .exp, .log, .sqrt, .reciprocal, .tanh, .sigmoid, .erf, .relu, .abs, .square, .step,
            .sign, .sin, .cos, .power,
            .leakyRelu, .softplus, .clamp, .scale, .offset:
            return nil
        }
    }
}

extension Tensor {
    /// Φ(x), the distribution function of the standard normal.
    func normalCDF() -> Tensor { ((self * 0.5.squareRoot()).erf() + 1) * 0.5 }

    /// 1 where x > 0, else 0.
    func step() -> Tensor { applying(.elementwise(.unary(.step))) }
}

extension Tensor {
    /// e to the power x.
    public func exp() -> Tensor { applying(.elementwise(.unary(.exp))) }
    /// The natural logarithm.
    public func log() -> Tensor { applying(.elementwise(.unary(.log))) }
    /// The square root.
    public func squareRoot() -> Tensor { applying(.elementwise(.unary(.sqrt))) }
    /// The sine.
    public func sin() -> Tensor { applying(.elementwise(.unary(.sin))) }
    /// The cosine.
    public func cos() -> Tensor { applying(.elementwise(.unary(.cos))) }
    /// x to the power of `exponent`, by the rules of C's pow.
    public func power(_ exponent: Double) -> Tensor { applying(.elementwise(.unary(.power(exponent)))) }
    /// x².
    public func squared() -> Tensor { applying(.elementwise(.unary(.square))) }
    /// 1/x.
    public func reciprocal() -> Tensor { applying(.elementwise(.unary(.reciprocal))) }
    /// |x|; its derivative at 0 is 0.
    public func magnitude() -> Tensor { applying(.elementwise(.unary(.abs))) }
    /// The hyperbolic tangent.
    public func tanh() -> Tensor { applying(.elementwise(.unary(.tanh))) }
    /// 1 / (1 + e^−x).
    public func sigmoid() -> Tensor { applying(.elementwise(.unary(.sigmoid))) }
    /// max(x, 0); its derivative at 0 is 0, as in torch.
    public func relu() -> Tensor { applying(.elementwise(.unary(.relu))) }
    /// x where x > 0, else slope · x.
    public func leakyRelu(slope: Double = 0.01) -> Tensor {
        applying(.elementwise(.unary(.leakyRelu(slope: slope))))
    }
    /// x/2 · (1 + erf(x/√2)), the exact form.
    public func gelu() -> Tensor { applying(.elementwise(.unary(.gelu))) }
    /// log(1 + eˣ), finite and exact to rounding however large x is.
    public func softplus() -> Tensor { applying(.elementwise(.unary(.softplus))) }
    /// x, held between −limit and limit.
    public func clamped(limit: Double) -> Tensor { applying(.elementwise(.unary(.clamp(limit: limit)))) }
    /// The error function.
    public func erf() -> Tensor { applying(.elementwise(.unary(.erf))) }
    /// Every element times `factor`.
    public static func * (a: Tensor, factor: Double) -> Tensor {
        a.applying(.elementwise(.unary(.scale(factor))))
    }
    /// Every element plus `term`.
    public static func + (a: Tensor, term: Double) -> Tensor {
        a.applying(.elementwise(.unary(.offset(term))))
    }
    /// −x.
    public static prefix func - (a: Tensor) -> Tensor { a.applying(.elementwise(.unary(.negate))) }
}
