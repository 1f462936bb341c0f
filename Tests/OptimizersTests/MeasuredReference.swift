import Foundation

/// LARS, LAMB and SWATS once more, in Float64 and as their papers write them, over the tensors of `MeasuredRunner`.
enum MeasuredReference {
    /// θ of all tensors after each step of LARS (algorithm 1), with λ per tensor.
    static func lars(
        weights: [Double], gradients: [[Double]], rate: Double, momentum: Double, trust: Double,
        epsilon: Double,
        decays: [Double]
    ) -> [[Double]] {
        var weights = weights
        var velocity = weights.map { _ in 0.0 }
        return gradients.map { gradient in
            for (tensor, elements) in MeasuredRunner.tensors.enumerated() {
                let size = norm(weights[elements])
                let slope = norm(gradient[elements])
                let local =
                    size > 0 && slope > 0 ? trust * size / (slope + decays[tensor] * size + epsilon) : 1
                for i in elements {
                    velocity[i] =
                        momentum * velocity[i] + rate * local * (gradient[i] + decays[tensor] * weights[i])
                    weights[i] -= velocity[i]
                }
            }
            return weights
        }
    }

    /// θ of all tensors after each step of LAMB (algorithm 2 with φ the identity), with λ per tensor.
    static func lamb(
        weights: [Double], gradients: [[Double]], rate: Double, betas: (Double, Double), epsilon: Double,
        decays: [Double]
    ) -> [[Double]] {
        var weights = weights
        return gradients.indices.map { step in
            for (tensor, elements) in MeasuredRunner.tensors.enumerated() {
                let update = elements.map { i -> Double in
                    let past = gradients[0...step].map { $0[i] }
                    let ratio =
                        mean(past, betas.0) / (mean(past.map { $0 * $0 }, betas.1).squareRoot() + epsilon)
                    return ratio + decays[tensor] * weights[i]
                }
                let (size, length) = (norm(weights[elements]), norm(update[...]))
                let trust = size > 0 && length > 0 ? size / length : 1
                for (i, update) in zip(elements, update) { weights[i] -= rate * trust * update }
            }
            return weights
        }
    }

    /// θ after each step of SWATS (algorithm 1), and the step after which it switched; `rates` are α_k.
    static func swats(
        weights: [Double], gradients: [[Double]], rates: [Double], betas: (Double, Double), epsilon: Double,
        tolerance: Double, decay: Double
    ) -> (weights: [[Double]], switchedAfter: Int?) {
        var w = weights
        var m = w.map { _ in 0.0 }
        var (a, v) = (m, m)
        var (lambda, sgdRate) = (0.0, 0.0)
        var switchedAfter: Int?
        var trajectory: [[Double]] = []
        for k in 1...gradients.count {
            let g = zip(gradients[k - 1], w).map { $0 + decay * $1 }
            if let switchedAfter {
                v = zip(v, g).map { betas.0 * $0 + $1 }
                let schedule = rates[k - 1] / rates[switchedAfter - 1]
                w = zip(w, v).map { $0 - (1 - betas.0) * schedule * sgdRate * $1 }
            } else {
                m = zip(m, g).map { betas.0 * $0 + (1 - betas.0) * $1 }
                a = zip(a, g).map { betas.1 * $0 + (1 - betas.1) * $1 * $1 }
                let correction1 = 1 - pow(betas.0, Double(k))
                let correction2 = 1 - pow(betas.1, Double(k))
                let scale = rates[k - 1] * correction2.squareRoot() / correction1
                let p = zip(m, a).map { -scale * $0 / ($1.squareRoot() + epsilon) }
                w = zip(w, p).map(+)
                let slope = dot(p, g)
                if slope != 0 {
                    let gamma = dot(p, p) / -slope
                    lambda = betas.1 * lambda + (1 - betas.1) * gamma
                    if k > 1, abs(lambda / correction2 - gamma) < tolerance {
                        switchedAfter = k
                        sgdRate = lambda / correction2
                    }
                }
            }
            trajectory.append(w)
        }
        return (trajectory, switchedAfter)
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).map(*).reduce(0, +) }

    private static func norm(_ x: ArraySlice<Double>) -> Double {
        x.map { $0 * $0 }.reduce(0, +).squareRoot()
    }

    /// The bias-corrected running mean: Σᵢ βᵗ⁻ⁱ xᵢ / Σᵢ βᵗ⁻ⁱ.
    private static func mean(_ values: [Double], _ beta: Double) -> Double {
        let parts = values.indices.map { pow(beta, Double(values.count - 1 - $0)) }
        return dot(parts, values) / parts.reduce(0, +)
    }
}
