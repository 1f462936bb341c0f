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
