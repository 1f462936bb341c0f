import DataParallel
import Optimizers

/// The effects of weight decay and of the optimizer's steps at the parameters.
extension Diagnoser {
    /// w of the penalty ½w‖θ‖² that the optimizer couples to the loss.
    var decay: Double { optimizer?.rule.penalty ?? 0 }

    /// wθ for parameters that decay, 0 for others.
    func decayPart(of weights: SlicedVector<Float>) throws -> SlicedVector<Double> {
        let part = try weights.widened()
        part.scaleTensors { decays($0) ? decay : 0 }
        return part
    }

    /// The part of a unit vector's squared norm in parameters that decay.
    func decayShare(_ vector: SlicedVector<Float>) throws -> Double {
        let part = try vector.widened()
        part.scaleTensors { decays($0) ? 1 : 0 }
        return try part.squaredNorm()
    }

    private func decays(_ variable: Int) -> Bool {
        let role = state.model.variables[variable].role
        return !(optimizer?.noDecay ?? []).contains { $0.covers(role) }
    }

    /// The diagnosis of the optimizer's steps; nil without an optimizer or with a rate of 0.
    func stepping(_ start: Start, _ curvature: Double?, _ sharpness: Double) -> StepDiagnosis? {
        guard let optimizer else { return nil }
        let rate = rate ?? optimizer.learningRate
        guard rate > 0 else { return nil }
        let sgd = optimizer.rule as? SGD
        let momentum = sgd?.momentum ?? 0
        var stable: Double?
        if let sgd, sharpness > 0, optimizer.lookahead == nil {
            if sgd.nesterov {
                stable = 2 * (1 + momentum) / ((1 + 2 * momentum) * sharpness)
            } else if sgd.dampening == 0 {
                stable = 2 * (1 + momentum) / sharpness
            }
        }
        return StepDiagnosis(
            optimizer: optimizer.rule.name, rate: rate, momentum: momentum, stableRate: stable,
            gradientOverRate: start.norm * start.norm / rate, gradientCurvature: curvature ?? 0,
            schedule: schedule)
    }
}
