import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// What happens where the gradient is zero or small: what the built-in studies of toys show.
    @Suite struct ToySaddles {
        /// Near a saddle the gradients of single examples do not vanish with their mean.
        @Test func saddle() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("saddle", data)
            let full = try study.number("reach_step", "full")
            for seed in 0...2 {
                let one = try study.number("reach_step", "one-seed-\(seed)")
                #expect(one < 0.7 * full, "\(one), \(full)")
            }
        }

        /// The full Newton step goes to the saddle, the default follows negative curvature, and descent escapes as well.
        @Test func newtonSaddle() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("newton-saddle", data)
            #expect(try study.word("verdict", "ignore") == "saddle")
            #expect(try study.number("diagnosed_loss", "ignore") == 1)
            let end = try #require(study.path("surface", "ignore").last)
            #expect(end.allSatisfy { abs($0) < 1e-6 }, "\(end)")
            for run in ["follow", "sgd"] {
                #expect(try study.word("verdict", run) == "local_minimum")
                #expect(try study.number("diagnosed_loss", run) < 1e-9)
            }
        }

        /// Momentum crosses a shallow minimum; the loss of all others is that of the shallow one.
        @Test func shallowMinimum() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("shallow-minimum", data)
            let line = try study.landscape("line").map { (a: $0["a"] ?? .nan, loss: $0["loss"] ?? .nan) }
            func least(_ range: ClosedRange<Double>) throws -> Double {
                try #require(line.filter { range.contains($0.a) }.map(\.loss).min())
            }
            let (shallow, deep) = try (least(-1 ... -0.4), least(-0.2...0.2))
            #expect(shallow > deep + 0.1)
            #expect(try abs(study.number("train_loss", "momentum") - deep) < 0.001)
            for run in ["plain", "adagrad", "rmsprop-0.01", "rmsprop-0.1"] {
                #expect(try abs(study.number("train_loss", run) - shallow) < 0.001, "\(run)")
            }
        }

        /// Where no unit is active the gradient is exactly zero: momentum rolls on, the others end at the plateau's edge.
        @Test func zeroGradient() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("zero-gradient", data)
            #expect(try study.number("train_loss", "momentum") < 1e-4)
            for run in ["plain", "adagrad", "rmsprop"] {
                #expect(try abs(study.number("train_loss", run) - 0.5) < 0.001, "\(run)")
                #expect(try study.number("diagnosed_gradient_norm", run) < 0.01, "\(run)")
            }
        }

        /// The parabola is off by less than a hundredth of the loss nearby, and by an eighth or more far away.
        @Test(arguments: ["early", "late"]) func taylor(_ run: String) throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let points = try BuiltInStudy("taylor", data).landscape("parabola-\(run)")
            func difference(_ a: Double) throws -> Double {
                let row = try #require(points.first { abs(($0["a"] ?? .nan) - a) < 1e-9 }, "\(a)")
                return ((row["taylor"] ?? .nan) - (row["loss"] ?? .nan)) / (row["loss"] ?? .nan)
            }
            #expect(points.count == 161)
            for a in [-0.1, -0.05, 0.0, 0.05, 0.1] {
                #expect(try abs(difference(a)) < 0.01, "\(a)")
            }
            #expect(try abs(difference(4)) > 0.125)
        }

        /// Hidden units in another order: the same loss at both ends, and another network between.
        @Test func symmetry() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("symmetry", data)
            for run in ["tanh", "relu"] {
                let losses = try study.landscape("permuted-\(run)").map { $0["loss"] ?? .nan }
                let (first, last) = try (#require(losses.first), #require(losses.last))
                #expect(abs(first - last) < 1e-5 * first, "\(first), \(last)")
                #expect(losses[losses.count / 2] > 1.2 * first, "\(losses)")
            }
        }
    }
}
