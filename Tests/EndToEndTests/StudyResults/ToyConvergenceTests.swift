import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// How fast rules come to a minimum, and rates of single weights: what the built-in studies of toys show.
    @Suite struct ToyConvergence {
        /// The slope of log value by log step, of the means over steps from 2ⁿ to 2ⁿ⁺¹, from step 32 on.
        private func slope(_ course: [(step: Double, value: Double)]) throws -> Double {
            let octaves = Dictionary(grouping: course.filter { $0.step >= 32 }) { Int(log2($0.step)) }
            let points = octaves.map { octave, rows in
                (x: Double(octave) * log(2), y: log(rows.map(\.value).reduce(0, +) / Double(rows.count)))
            }
            try #require(points.count >= 4)
            let count = Double(points.count)
            let x = points.map(\.x).reduce(0, +) / count
            let y = points.map(\.y).reduce(0, +) / count
            let (above, below) = points.reduce((0.0, 0.0)) { sums, point in
                (sums.0 + (point.x - x) * (point.y - y), sums.1 + (point.x - x) * (point.x - x))
            }
            return above / below
        }

        /// The excess error falls as 1/√k on a convex loss with rates as 1/√k, as 1/k on a strongly convex one with
        /// rates as 1/k, and not at all with a constant rate.
        @Test func stochasticDescent() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("convergence", data)
            func excess(_ run: String, above least: Double) throws -> Double {
                try slope(study.course("train_eval_loss", run).map { ($0.step, $0.value - least) })
            }
            let root = try excess("convex-root", above: 1)
            #expect((-0.7 ... -0.35).contains(root), "\(root)")
            let constant = try excess("convex-constant", above: 1)
            #expect(abs(constant) < 0.15, "\(constant)")
            let inverse = try excess("strong-inverse", above: 0.9)
            #expect((-1.3 ... -0.75).contains(inverse), "\(inverse)")
            let slow = try excess("strong-root", above: 0.9)
            #expect((-0.7 ... -0.35).contains(slow), "\(slow)")
        }

        /// L = 1 and ‖θ₀ − θ*‖² = 8: the bounds are 4/k of plain descent and 16/(k + 1)² of Nesterov's.
        @Test func nesterov() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("nesterov", data)
            func excess(_ run: String) throws -> [(step: Double, value: Double)] {
                try study.course("train_eval_loss", run).map { ($0.step, $0.value - 0.01) }
            }
            let (plain, nesterov) = try (excess("full-plain"), excess("full-nesterov"))
            #expect(plain.count == 400 && nesterov.count == 400)
            #expect(plain.allSatisfy { $0.value < 4 / $0.step })
            #expect(nesterov.allSatisfy { $0.value < 16 / ($0.step + 1) / ($0.step + 1) })
            // The control: plain descent does not keep to the bound's form.
            #expect(try slope(plain) > -1.2)
            #expect(try slope(nesterov) < -1.8)
            // With mini-batches, at one rate, the error of the second half is not smaller.
            func end(_ run: String) throws -> Double {
                let rows = try excess(run)
                let half = rows.suffix(rows.count / 2).map(\.value)
                return half.reduce(0, +) / Double(half.count)
            }
            let noisy = try (plain: end("mini-batch-plain"), nesterov: end("mini-batch-nesterov"))
            #expect(noisy.nesterov > noisy.plain, "\(noisy)")
        }

        /// Along a gradient of 1 the rates are η/√k of AdaGrad and η/√(1 − ρᵏ) of RMSProp.
        @Test func adaptiveRates() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("adaptive-rates", data)
            for (run, rate) in [
                ("adagrad", { k in 0.01 / k.squareRoot() }), ("adagrad-mean", { _ in 0.01 }),
                ("rmsprop", { k in 0.01 / (1 - pow(0.99, k)).squareRoot() }),
            ] as [(String, (Double) -> Double)] {
                let course = try study.course("effective_rate_mean", run)
                #expect(course.count == 1000)
                for (step, value) in course {
                    let expected = rate(step)
                    #expect(abs(value - expected) < 1e-3 * expected, "\(run), step \(step): \(value)")
                }
            }
        }

        /// The minimum is at −1, where the rare example pulls; Adam's rate has risen again each time that one comes.
        @Test func lateGradients() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("late-gradients", data)
            func place(_ run: String) throws -> Double {
                let last = try study.path("line", run).suffix(100).map { $0[0] }
                return last.reduce(0, +) / Double(last.count)
            }
            let (adam, amsgrad) = try (place("adam"), place("amsgrad"))
            #expect(adam > 0.8, "\(adam)")
            #expect(amsgrad < -0.8, "\(amsgrad)")
            #expect(
                try study.number("train_eval_loss", "amsgrad") < study.number("train_eval_loss", "adam")
                    - 0.05)
        }
    }
}
