import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// What losses and normalization do: what the built-in studies show.
    @Suite struct LossStudies {
        /// Where the outputs are far from the label the squared error after softmax is flat, and nothing moves.
        @Test func outputs() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("outputs", data)
            let (entropy, squares) = try (
                study.course("loss", "cross-entropy"), study.course("loss", "mse")
            )
            try #require(entropy.count == 50 && squares.count == 50)
            #expect(entropy[49].value < 0.1 * entropy[0].value, "\(entropy)")
            #expect(squares[49].value > 0.999 * squares[0].value, "\(squares)")
            let norms = try (
                study.number("gradient_norm", "cross-entropy"), study.numbers("gradient_norm", "mse")
            )
            #expect(norms.1.allSatisfy { $0 < 1e-6 }, "\(norms)")
            // Half a unit towards the label from (-10, 10), on either surface.
            for (picture, range) in [("cross-entropy-surface", 0.49...0.51), ("mse-surface", -1e-6...1e-6)] {
                let points = try study.landscape(picture)
                func loss(_ a: Double) throws -> Double {
                    try #require(points.first { $0["a"] == a && $0["b"] == 10 }?["loss"])
                }
                #expect(try range.contains(loss(-10) - loss(-9.5)), "\(picture)")
            }
        }

        /// Batch norm keeps what layers read where it was, for a network of sigmoid units that does not train without.
        @Test func covariateShift() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("covariate-shift", data)
            for seed in 0...2 {
                let plain = try study.course("covariate_shift_mean", "plain-seed-\(seed)").map(\.value)
                let normalized = try study.course("covariate_shift_mean", "batch-norm-seed-\(seed)").map(
                    \.value)
                try #require(plain.count == 40 && normalized.count == 40)
                #expect(normalized.mean < 0.2 * plain.mean, "\(normalized.mean), \(plain.mean)")
            }
        }
    }
}
