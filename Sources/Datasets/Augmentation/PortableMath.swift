/// Functions that use only additions, multiplications and divisions, so that every process gets the same bits, which
/// those of different C libraries and processors need not give. Accurate to a few units in the last place.
enum PortableMath {
    /// The cosine and sine of an angle of at most 2π, by Taylor's series about the nearest quarter turn.
    static func cosineAndSine(_ angle: Double) -> (cosine: Double, sine: Double) {
        precondition(angle.magnitude <= 2 * Double.pi, "an angle of \(angle)")
        let quarters = (angle / (Double.pi / 2)).rounded()
        let rest = angle - quarters * (Double.pi / 2)
        let square = rest * rest
        // Σ (−1)ᵏ r²ᵏ/(2k)! and Σ (−1)ᵏ r²ᵏ⁺¹/(2k+1)!, starting with the smallest term; |r| ≤ π/4.
        var cosine = 1.0
        var sine = 1.0
        for k in stride(from: 10.0, through: 1, by: -1) {
            cosine = 1 - cosine * square / ((2 * k - 1) * (2 * k))
            sine = 1 - sine * square / (2 * k * (2 * k + 1))
        }
        sine *= rest
        switch (Int(quarters) % 4 + 4) % 4 {
        case 0: return (cosine, sine)
        case 1: return (-sine, cosine)
        case 2: return (-cosine, -sine)
        default: return (sine, -cosine)
        }
    }

    /// The natural logarithm of a finite number above 0: with x = m·2ᵉ and s = (m−1)/(m+1), e·ln 2 + 2·Σ s²ᵏ⁺¹/(2k+1).
    static func logarithm(_ x: Double) -> Double {
        precondition(x > 0 && x.isFinite, "the logarithm of \(x)")
        var (mantissa, exponent) = (x.significand, Double(x.exponent))
        if mantissa > 1.5 { (mantissa, exponent) = (mantissa / 2, exponent + 1) }
        let s = (mantissa - 1) / (mantissa + 1)
        let square = s * s
        var sum = 0.0
        for k in stride(from: 15.0, through: 0, by: -1) { sum = sum * square + 1 / (2 * k + 1) }
        return exponent * 0.693147180559945309417232121458 + 2 * s * sum
    }

    /// eˣ for |x| of at most 700: 2ⁿ·Σ rᵏ/k! with x = n·ln 2 + r.
    static func exponential(_ x: Double) -> Double {
        precondition(x.magnitude <= 700, "the exponential of \(x)")
        let power = (x / 0.693147180559945309417232121458).rounded()
        let rest = x - power * 0.693147180559945309417232121458
        var sum = 1.0
        for k in stride(from: 18.0, through: 1, by: -1) { sum = 1 + sum * rest / k }
        return sum * Double(sign: .plus, exponent: Int(power), significand: 1)
    }
}
