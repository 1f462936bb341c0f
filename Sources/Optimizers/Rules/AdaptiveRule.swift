/// An update rule with a rate of its own for every weight: a number that multiplies the weight's gradient or, where the
/// rule keeps one, the running mean of it.
///
/// Example: a step of Adagrad from r = 0 along g = 4 with η = 0.1 and ε = 0 leaves r = 16 and has the effective rate
/// 0.1/√16 = 0.025.
public protocol AdaptiveRule: UpdateRule {
    /// The effective rates of a run of `count` elements, in Float64.
    ///
    /// - Parameters:
    ///   - scalars: what `scalars(step:learningRate:momentum:)` returned for the last step.
    ///   - state: one pointer to [count] elements per entry of `stateNames`, as the step has left them.
    ///   - rates: [count], written.
    func effectiveRates(
        scalars: NamedScalars<Scalar>, state: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int,
        into rates: UnsafeMutablePointer<Double>)
}

extension AdaptiveRule {
    /// The same for a rule that is only known as `any AdaptiveRule`, with a plain array instead of named scalars.
    public func effectiveRates(
        scalars: UnsafeBufferPointer<Double>, state: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int,
        into rates: UnsafeMutablePointer<Double>
    ) {
        effectiveRates(scalars: NamedScalars<Scalar>(scalars), state: state, count: count, into: rates)
    }
}

extension Adagrad: AdaptiveRule {
    /// η / (1 + (t − 1) κ) / (√r + ε), with the mean √(r/t).
    public func effectiveRates(
        scalars: NamedScalars<Scalar>, state: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int,
        into rates: UnsafeMutablePointer<Double>
    ) {
        let rate = scalars[.decayedRate]
        let divisor = mean ? scalars[.step] : 1
        for i in 0..<count {
            rates[i] = rate / ((Double(state[0][i]) / divisor).squareRoot() + epsilon)
        }
    }
}

extension RMSprop: AdaptiveRule {
    /// η / (√r + ε), centered √(r − m²).
    public func effectiveRates(
        scalars: NamedScalars<Scalar>, state: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int,
        into rates: UnsafeMutablePointer<Double>
    ) {
        let rate = scalars[.learningRate]
        let means = centered ? state[takesMomentum ? 2 : 1] : nil
        for i in 0..<count {
            var square = Double(state[0][i])
            if let means { square = max(0, square - Double(means[i]) * Double(means[i])) }
            rates[i] = rate / (square.squareRoot() + epsilon)
        }
    }
}

extension Adadelta: AdaptiveRule {
    /// η √(s + ε) / √(r + ε), with s after the step.
    public func effectiveRates(
        scalars: NamedScalars<Scalar>, state: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int,
        into rates: UnsafeMutablePointer<Double>
    ) {
        let rate = scalars[.learningRate]
        for i in 0..<count {
            let (square, delta) = (Double(state[0][i]), Double(state[1][i]))
            rates[i] = rate * (delta + epsilon).squareRoot() / (square + epsilon).squareRoot()
        }
    }
}

extension AdamRule {
    /// η / (1 − β₁ᵗ) / (√v̂ + ε), with amsgrad of the largest v: what multiplies m.
    public func effectiveRates(
        scalars: NamedScalars<Scalar>, state: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int,
        into rates: UnsafeMutablePointer<Double>
    ) {
        let rate = scalars[.learningRate] / scalars[.biasCorrection1]
        let root = scalars[.biasCorrection2Root]
        let squares = state[amsgrad ? 2 : 1]
        for i in 0..<count { rates[i] = rate / (Double(squares[i]).squareRoot() / root + epsilon) }
    }
}

extension NAdam: AdaptiveRule {
    /// η μₜ₊₁ / (1 − Pₜ₊₁) / (√v̂ + ε): what multiplies m.
    public func effectiveRates(
        scalars: NamedScalars<Scalar>, state: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int,
        into rates: UnsafeMutablePointer<Double>
    ) {
        let (rate, correction) = (scalars[.momentStep], scalars[.biasCorrection2])
        for i in 0..<count {
            rates[i] = rate / ((Double(state[1][i]) / correction).squareRoot() + epsilon)
        }
    }
}

extension RAdam: AdaptiveRule {
    /// η / (1 − β₁ᵗ), and where ρ > 5 times r √(1 − β₂ᵗ) / (√v + ε): what multiplies m.
    public func effectiveRates(
        scalars: NamedScalars<Scalar>, state: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int,
        into rates: UnsafeMutablePointer<Double>
    ) {
        let rate = scalars[.learningRate] / scalars[.biasCorrection1]
        guard scalars[.rectification] != 0 else {
            rates.update(repeating: rate, count: count)
            return
        }
        let rectified = rate * scalars[.rectification] * scalars[.biasCorrection2Root]
        for i in 0..<count { rates[i] = rectified / (Double(state[1][i]).squareRoot() + epsilon) }
    }
}

extension Adamax: AdaptiveRule {
    /// η / (1 − β₁ᵗ) / u, u being the norm with ε in it: what multiplies m.
    public func effectiveRates(
        scalars: NamedScalars<Scalar>, state: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int,
        into rates: UnsafeMutablePointer<Double>
    ) {
        let rate = scalars[.learningRate] / scalars[.biasCorrection1]
        for i in 0..<count { rates[i] = rate / Double(state[1][i]) }
    }
}

extension Lookahead: AdaptiveRule where Rule: AdaptiveRule {
    /// Those of the fast weights.
    public func effectiveRates(
        scalars: NamedScalars<Scalar>, state: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int,
        into rates: UnsafeMutablePointer<Double>
    ) {
        rule.effectiveRates(scalars: scalars.rest, state: state, count: count, into: rates)
    }
}
