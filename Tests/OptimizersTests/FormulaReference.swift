import Foundation

/// The update rules once more, for one weight, in Float64 and in closed form: the moments are sums over the
/// whole history of gradients instead of recurrences, so that no line is shared with what is tested.
enum FormulaReference {
    /// θ after each step of SGD.
    static func sgd(
        weight: Double, gradients: [Double], rate: Double, momentum: Double = 0, dampening: Double = 0,
        decay: Double = 0, nesterov: Bool = false
    ) -> [Double] {
        var weights = [weight]
        var history: [Double] = []
        for (t, gradient) in gradients.enumerated() {
            let weight = weights[t]
            history.append(gradient + decay * weight)
            var velocity = 0.0
            for (i, past) in history.enumerated() {
                velocity += pow(momentum, Double(t - i)) * (i == 0 ? 1 : 1 - dampening) * past
            }
            let direction =
                momentum == 0 ? history[t] : nesterov ? history[t] + momentum * velocity : velocity
            weights.append(weight - rate * direction)
        }
        return Array(weights.dropFirst())
    }

    /// θ after each step of Adam (decay as an L2 penalty) or AdamW (`decoupled`).
    static func adam(
        weight: Double, gradients: [Double], rate: Double, beta1: Double, beta2: Double, epsilon: Double,
        decay: Double, decoupled: Bool
    ) -> [Double] {
        var weights = [weight]
        var history: [Double] = []
        for (t, gradient) in gradients.enumerated() {
            let weight = weights[t]
            history.append(decoupled ? gradient : gradient + decay * weight)
            let mean = biasCorrectedMean(history, beta1)
            let square = biasCorrectedMean(history.map { $0 * $0 }, beta2)
            let kept = decoupled ? weight - rate * decay * weight : weight
            weights.append(kept - rate * mean / (square.squareRoot() + epsilon))
        }
        return Array(weights.dropFirst())
    }

    /// θ after each step of RMSprop with Nesterov's momentum over d = g / (rms + ε).
    static func nesterovRMSprop(
        weight: Double, gradients: [Double], rate: Double, alpha: Double, epsilon: Double, momentum: Double
    ) -> [Double] {
        let directions = gradients.indices.map { t in
            let squares = gradients[0...t].enumerated().map { i, gradient in
                (1 - alpha) * pow(alpha, Double(t - i)) * gradient * gradient
            }
            return gradients[t] / (squares.reduce(0, +).squareRoot() + epsilon)
        }
        return sgd(
            weight: weight, gradients: directions, rate: rate, momentum: momentum, nesterov: true)
    }

    /// θ after each step of Jacobs' rule, from his table of three cases for the product of g and δ̄.
    static func deltaBarDelta(
        weight: Double, gradients: [Double], rate: Double, kappa: Double, phi: Double, theta: Double
    ) -> [Double] {
        var weight = weight
        var rate = rate
        return gradients.enumerated().map { t, gradient in
            let past = (0..<t).map { (1 - theta) * pow(theta, Double(t - 1 - $0)) * gradients[$0] }
            switch gradient * past.reduce(0, +) {
            case let product where product > 0: rate += kappa
            case let product where product < 0: rate *= phi
            default: break
            }
            weight -= rate * gradient
            return weight
        }
    }

    /// θ after each step of lookahead around SGD: every k steps, SGD starts from where it is pulled back to.
    static func lookaheadSGD(
        weight: Double, gradients: [Double], rate: Double, momentum: Double, k: Int, alpha: Double
    ) -> [Double] {
        var weights: [Double] = []
        var slow = weight
        var velocity = 0.0
        var fast = weight
        for (t, gradient) in gradients.enumerated() {
            velocity = momentum * velocity + gradient
            fast -= rate * velocity
            if (t + 1) % k == 0 {
                slow = (1 - alpha) * slow + alpha * fast
                fast = slow
            }
            weights.append(fast)
        }
        return weights
    }

    /// Σᵢ βᵗ⁻ⁱ xᵢ / Σᵢ βᵗ⁻ⁱ: Adam's bias-corrected running mean is this weighted mean.
    private static func biasCorrectedMean(_ values: [Double], _ beta: Double) -> Double {
        var sum = 0.0
        var weights = 0.0
        for (age, value) in values.reversed().enumerated() {
            sum += pow(beta, Double(age)) * value
            weights += pow(beta, Double(age))
        }
        return sum / weights
    }
}
