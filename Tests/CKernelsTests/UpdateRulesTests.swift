import CKernels
import Testing

/// Optimizer steps other than SGD's and Adam's, against the operations one by one in Float32.
@Suite struct UpdateRulesTests {
    private static let beta1 = 0.9, beta2 = 0.95
    private static let epsilon: Float = 1e-6

    private static func correction(_ beta: Double, _ step: Int) -> Double {
        var power = 1.0
        for _ in 0..<step { power *= beta }
        return 1 - power
    }

    /// m and v of an element, stepped.
    private static func moments(_ values: inout [Float], _ gradient: Float) -> (m: Float, v: Float) {
        let m = values[2] + Float(1 - beta1) * (gradient - values[2])
        let v = values[3] * Float(beta2) + (Float(1 - beta2) * gradient) * gradient
        (values[2], values[3]) = (m, v)
        return (m, v)
    }

    private static func adam(_ step: Int, decay: Double, decoupled: Bool) -> dt_adam {
        dt_adam(
            lr: 0.01, beta1: beta1, beta2: beta2, epsilon: Double(epsilon), weight_decay: decay,
            bias_correction1: correction(beta1, step),
            bias_correction2_sqrt: correction(beta2, step).squareRoot(), decoupled: decoupled)
    }

    /// Weight and gradient after a decay at rate 0.01.
    private static func decayed(_ values: [Float], _ decay: Double, _ decoupled: Bool) -> (Float, Float) {
        if decay == 0 { return (values[0], values[1]) }
        return decoupled
            ? (values[0] * Float(1 - 0.01 * decay), values[1])
            : (values[0], values[1] + Float(decay) * values[0])
    }

    @Test(arguments: testedCounts, [(0.0, false), (0.1, false), (0.1, true)])
    func amsgrad(count: Int, setting: (Double, Bool)) {
        let (decay, decoupled) = setting
        ElementSteps(arrays: 5) { kernels, step, count, p in
            let h = Self.adam(step, decay: decay, decoupled: decoupled)
            kernels.amsgrad(h, count, p[0], p[1], p[2], p[3], p[4])
        } element: { step, values in
            let h = Self.adam(step, decay: decay, decoupled: decoupled)
            let (weight, gradient) = Self.decayed(values, decay, decoupled)
            let (m, v) = Self.moments(&values, gradient)
            values[4] = max(values[4], v)
            let denominator = values[4].squareRoot() / Float(h.bias_correction2_sqrt) + Self.epsilon
            values[0] = weight - (Float(h.lr / h.bias_correction1) * m) / denominator
        }.check("amsgrad", count: count)
    }

    @Test(arguments: testedCounts, [(0.0, false), (0.1, false), (0.1, true)])
    func nadam(count: Int, setting: (Double, Bool)) {
        let (decay, decoupled) = setting
        ElementSteps(arrays: 4) { kernels, step, count, p in
            let h = dt_nadam(
                lr: 0.01, beta1: Self.beta1, beta2: Self.beta2, epsilon: Double(Self.epsilon),
                weight_decay: decay, gradient_step: 0.02, moment_step: 0.03,
                bias_correction2: Self.correction(Self.beta2, step), decoupled: decoupled)
            kernels.nadam(h, count, p[0], p[1], p[2], p[3])
        } element: { step, values in
            let (weight, gradient) = Self.decayed(values, decay, decoupled)
            let (m, v) = Self.moments(&values, gradient)
            let denominator = (v / Float(Self.correction(Self.beta2, step))).squareRoot() + Self.epsilon
            values[0] = weight - (0.02 * gradient) / denominator - (0.03 * m) / denominator
        }.check("nadam", count: count)
    }

    @Test(arguments: testedCounts, [(0.0, false), (0.1, false), (0.1, true)])
    func radam(count: Int, setting: (Double, Bool)) {
        let (decay, decoupled) = setting
        func step(_ t: Int) -> dt_radam {
            dt_radam(
                lr: 0.01, beta1: Self.beta1, beta2: Self.beta2, epsilon: Double(Self.epsilon),
                weight_decay: decay, bias_correction1: Self.correction(Self.beta1, t),
                bias_correction2_sqrt: Self.correction(Self.beta2, t).squareRoot(), rectification: 0.3,
                decoupled: decoupled, adaptive: t > 2)
        }
        ElementSteps(arrays: 4) { kernels, t, count, p in
            kernels.radam(step(t), count, p[0], p[1], p[2], p[3])
        } element: { t, values in
            let (weight, gradient) = Self.decayed(values, decay, decoupled)
            let (m, v) = Self.moments(&values, gradient)
            var change = m / Float(step(t).bias_correction1) * 0.01
            if t > 2 {
                let rate = 1 / (v.squareRoot() + Self.epsilon) * Float(step(t).bias_correction2_sqrt)
                change = change * rate * 0.3
            }
            values[0] = weight - change
        }.check("radam", count: count)
    }

    @Test(arguments: testedCounts, [0, 0.1])
    func adamax(count: Int, decay: Double) {
        func step(_ t: Int) -> dt_adamax {
            dt_adamax(
                lr: 0.01, beta1: Self.beta1, beta2: Self.beta2, epsilon: Double(Self.epsilon),
                weight_decay: decay, bias_correction1: Self.correction(Self.beta1, t))
        }
        ElementSteps(arrays: 4) { kernels, t, count, p in
            kernels.adamax(step(t), count, p[0], p[1], p[2], p[3])
        } element: { t, values in
            let (weight, gradient) = Self.decayed(values, decay, false)
            values[2] += Float(1 - Self.beta1) * (gradient - values[2])
            values[3] = max(values[3] * Float(Self.beta2), abs(gradient) + Self.epsilon)
            values[0] = weight - (Float(0.01 / step(t).bias_correction1) * values[2]) / values[3]
        }.check("adamax", count: count)
    }

    @Test(arguments: testedCounts, [(0, false), (0.1, false), (0.1, true)])
    func adagrad(count: Int, setting: (Double, Bool)) {
        let (decay, mean) = setting
        ElementSteps(arrays: 3) { kernels, step, count, p in
            let h = dt_adagrad(
                lr: 0.01, epsilon: 1e-6, weight_decay: decay, initial: 0.5, divisor: mean ? Double(step) : 1,
                first_step: step == 1)
            kernels.adagrad(h, count, p[0], p[1], p[2])
        } element: { step, values in
            let (weight, gradient) = Self.decayed(values, decay, false)
            values[2] = (step == 1 ? 0.5 : values[2]) + gradient * gradient
            let square = mean ? values[2] / Float(step) : values[2]
            values[0] = weight - (0.01 * gradient) / (square.squareRoot() + 1e-6)
        }.check("adagrad", count: count)
    }

    /// (momentum, centered, nesterov, whether the mean starts at the first square)
    @Test(
        arguments: testedCounts,
        [
            (0, false, false, false), (0.8, false, false, false), (0.8, true, true, false),
            (0, true, false, false), (0, false, false, true), (0.8, false, true, true),
        ])
    func rmsprop(count: Int, setting: (Double, Bool, Bool, Bool)) {
        let (momentum, centered, nesterov, fromFirst) = setting
        ElementSteps(arrays: 5) { kernels, step, count, p in
            let h = dt_rmsprop(
                lr: 0.01, alpha: 0.9, momentum: momentum, epsilon: 1e-6, weight_decay: 0.1,
                has_velocity: momentum != 0, centered: centered, nesterov: nesterov,
                starts_mean: fromFirst && step == 1)
            kernels.rmsprop(h, count, p[0], p[1], p[2], p[3], p[4])
        } element: { step, values in
            let (weight, gradient) = Self.decayed(values, 0.1, false)
            let way = Float(1 - 0.9)
            values[2] =
                fromFirst && step == 1
                ? gradient * gradient : values[2] * 0.9 + (way * gradient) * gradient
            var scale = values[2]
            if centered {
                values[4] += way * (gradient - values[4])
                scale = max(0, scale - values[4] * values[4])
            }
            let denominator = scale.squareRoot() + 1e-6
            if momentum == 0 {
                values[0] = weight - (0.01 * gradient) / denominator
            } else {
                let direction = gradient / denominator
                values[3] = values[3] * 0.8 + direction
                values[0] = weight - 0.01 * (nesterov ? direction + 0.8 * values[3] : values[3])
            }
        }.check("rmsprop", count: count)
    }

    @Test(arguments: testedCounts, [0, 0.1])
    func adadelta(count: Int, decay: Double) {
        ElementSteps(arrays: 4) { kernels, step, count, p in
            let h = dt_adadelta(lr: 0.5, rho: 0.9, epsilon: 1e-6, weight_decay: decay)
            kernels.adadelta(h, count, p[0], p[1], p[2], p[3])
        } element: { step, values in
            let (weight, gradient) = Self.decayed(values, decay, false)
            let way = Float(1 - 0.9)
            values[2] = values[2] * 0.9 + (way * gradient) * gradient
            let delta = (values[3] + 1e-6).squareRoot() / (values[2] + 1e-6).squareRoot() * gradient
            values[3] = values[3] * 0.9 + (way * delta) * delta
            values[0] = weight - 0.5 * delta
        }.check("adadelta", count: count)
    }

    @Test(arguments: testedCounts)
    func deltaBarDelta(count: Int) {
        ElementSteps(arrays: 4) { kernels, step, count, p in
            let h = dt_delta_bar_delta(lr: 0.1, kappa: 0.02, phi: 0.4, theta: 0.7, first_step: step == 1)
            kernels.delta_bar_delta(h, count, p[0], p[1], p[2], p[3])
        } element: { step, values in
            let (gradient, past) = (values[1], values[3])
            if step == 1 { values[2] = 0.1 }
            if gradient * past > 0 { values[2] += 0.02 } else if gradient * past < 0 { values[2] *= 0.4 }
            values[3] = Float(1 - 0.7) * gradient + 0.7 * past
            values[0] -= values[2] * gradient
        }.check("delta_bar_delta", count: count)
    }

    /// Products of such gradients underflow to 0; their signs do not.
    @Test func deltaBarDeltaSeesSignsOfTinyGradients() {
        let result = agreeing("delta_bar_delta") { kernels in
            var w: [Float] = [1, 1], rate: [Float] = [0.1, 0.1], mean: [Float] = [1e-30, -1e-30]
            let h = dt_delta_bar_delta(lr: 0.1, kappa: 0.02, phi: 0.5, theta: 0.7, first_step: false)
            kernels.delta_bar_delta(h, 2, &w, [1e-30, 1e-30], &rate, &mean)
            return rate
        }
        #expect(result == [0.1 + 0.02, 0.05])
    }

    @Test(arguments: testedCounts, [0, 0.1])
    func lars(count: Int, decay: Double) {
        ElementSteps(arrays: 3) { kernels, step, count, p in
            let h = dt_lars(rate: 0.03, momentum: 0.8, weight_decay: decay)
            kernels.lars(h, count, p[0], p[1], p[2])
        } element: { step, values in
            let (weight, gradient) = Self.decayed(values, decay, false)
            values[2] = values[2] * 0.8 + 0.03 * gradient
            values[0] = weight - values[2]
        }.check("lars", count: count)
    }

    @Test(arguments: testedCounts, [0, 0.1])
    func lambDirection(count: Int, decay: Double) {
        ElementSteps(arrays: 4) { kernels, step, count, p in
            let h = Self.adam(step, decay: decay, decoupled: false)
            kernels.lamb_direction(h, count, p[0], p[1], p[2], p[3])
        } element: { step, values in
            let h = Self.adam(step, decay: 0, decoupled: false)
            let (m, v) = Self.moments(&values, values[1])
            let denominator = v.squareRoot() / Float(h.bias_correction2_sqrt) + Self.epsilon
            values[1] = m / Float(h.bias_correction1) / denominator
            if decay != 0 { values[1] = values[1] + Float(decay) * values[0] }
        }.check("lamb_direction", count: count)
    }

    /// Two steps of Adam's phase, then SGD's.
    @Test(arguments: testedCounts, [0, 0.1])
    func swatsDirection(count: Int, decay: Double) {
        ElementSteps(arrays: 4) { kernels, step, count, p in
            let h = dt_swats(
                beta1: Self.beta1, beta2: Self.beta2, epsilon: Double(Self.epsilon), weight_decay: decay,
                sgd: step > 2, restart: step == 3)
            kernels.swats_direction(h, count, p[0], p[1], p[2], p[3])
        } element: { step, values in
            let (_, gradient) = Self.decayed(values, decay, false)
            if step <= 2 {
                let (m, v) = Self.moments(&values, gradient)
                values[1] = m / (v.squareRoot() + Self.epsilon)
            } else {
                values[2] = step == 3 ? gradient : values[2] * Float(Self.beta1) + gradient
                values[1] = values[2]
            }
        }.check("swats_direction", count: count)
    }

    @Test(arguments: testedCounts)
    func lookahead(count: Int) {
        ElementSteps(arrays: 3) { kernels, step, count, p in
            kernels.sgd(
                dt_sgd(
                    lr: 0.1, momentum: 0, dampening: 0, weight_decay: 0, has_velocity: false, nesterov: false,
                    first_step: false), count, p[0], p[1], p[0])
            kernels.lookahead(0.3, count, p[0], p[2])
        } element: { step, values in
            values[0] -= 0.1 * values[1]
            values[2] += 0.3 * (values[0] - values[2])
            values[0] = values[2]
        }.check("lookahead", count: count)
    }
}
