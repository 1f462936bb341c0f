extension Tensor {
    /// e to the power x.
    public func exp() -> Tensor { applying(.unary(.exp)) }
    /// The natural logarithm.
    public func log() -> Tensor { applying(.unary(.log)) }
    /// The square root.
    public func squareRoot() -> Tensor { applying(.unary(.sqrt)) }
    /// x².
    public func squared() -> Tensor { applying(.unary(.square)) }
    /// 1/x.
    public func reciprocal() -> Tensor { applying(.unary(.reciprocal)) }
    /// |x|; its derivative at 0 is 0.
    public func magnitude() -> Tensor { applying(.unary(.abs)) }
    /// The hyperbolic tangent.
    public func tanh() -> Tensor { applying(.unary(.tanh)) }
    /// 1 / (1 + e^−x).
    public func sigmoid() -> Tensor { applying(.unary(.sigmoid)) }
    /// max(x, 0); its derivative at 0 is 0, as in torch.
    public func relu() -> Tensor { applying(.unary(.relu)) }
    /// x where x > 0, else slope · x.
    public func leakyRelu(slope: Double = 0.01) -> Tensor { applying(.unary(.leakyRelu(slope: slope))) }
    /// x/2 · (1 + erf(x/√2)), the exact form.
    public func gelu() -> Tensor { applying(.unary(.gelu)) }
    /// log(1 + eˣ), finite and exact to rounding however large x is.
    public func softplus() -> Tensor { applying(.unary(.softplus)) }
    /// x, held between −limit and limit.
    public func clamped(limit: Double) -> Tensor { applying(.unary(.clamp(limit: limit))) }
    /// The error function.
    public func erf() -> Tensor { applying(.unary(.erf)) }
    /// The same values in `element`.
    public func converted(to element: ElementType) -> Tensor {
        element == self.element ? self : applying(.convert(element))
    }
    /// The same values, through which no gradient flows.
    public func detached() -> Tensor { applying(.stopGradient) }

    /// The element-wise sum of equal shapes.
    public static func + (a: Tensor, b: Tensor) -> Tensor { a.applying(.binary(.add), b) }
    /// The element-wise difference of equal shapes.
    public static func - (a: Tensor, b: Tensor) -> Tensor { a.applying(.binary(.subtract), b) }
    /// The element-wise product of equal shapes.
    public static func * (a: Tensor, b: Tensor) -> Tensor { a.applying(.binary(.multiply), b) }
    /// The element-wise quotient of equal shapes.
    public static func / (a: Tensor, b: Tensor) -> Tensor { a.applying(.binary(.divide), b) }
    /// Every element times `factor`.
    public static func * (a: Tensor, factor: Double) -> Tensor { a.applying(.unary(.scale(factor))) }
    /// Every element plus `term`.
    public static func + (a: Tensor, term: Double) -> Tensor { a.applying(.unary(.offset(term))) }
    /// −x.
    public static prefix func - (a: Tensor) -> Tensor { a.applying(.unary(.negate)) }
}
