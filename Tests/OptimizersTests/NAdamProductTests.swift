import Foundation
import Optimizers
import Testing

/// NAdam's product of momenta, which is made anew at every step, against the running product.
@Suite struct NAdamProductTests {
    @Test(arguments: [
        (0.9, 4e-3), (0.9, 0.1), (0.9, 1), (0.9, 30), (0.99, 0.117), (0.999, 0.5), (0.5, 0), (0, 1),
    ])
    func productIsTheRunningOne(beta1: Double, decay: Double) throws {
        let rule = try NAdam(betas: (beta1, 0.999), momentumDecay: decay)
        func momentum(_ step: Int) -> Double { beta1 * (1 - 0.5 * pow(0.96, Double(step) * decay)) }
        var product = 1.0
        for step in 1...30_000 {
            product *= momentum(step)
            guard step < 50 || step % 1000 == 0 else { continue }
            let next = momentum(step + 1)
            let scalars = rule.scalars(step: step, learningRate: 1, momentum: nil)
            let gradient = scalars[NAdam.Scalar.gradientStep]
            let moment = scalars[NAdam.Scalar.momentStep]
            #expect(abs(gradient - (1 - momentum(step)) / (1 - product)) <= 1e-12 * gradient)
            #expect(abs(moment - next / (1 - product * next)) <= 1e-12 * max(moment, 1e-300))
        }
    }
}
