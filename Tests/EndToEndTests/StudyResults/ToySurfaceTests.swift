import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Ways over surfaces of a few weights: what the built-in studies of toys show.
    @Suite struct ToySurfaces {
        /// The steps of a way.
        private func steps(_ path: [[Double]]) -> [[Double]] {
            zip(path, path.dropFirst()).map { from, to in zip(from, to).map { $1 - $0 } }
        }

        private func length(_ vector: [Double]) -> Double {
            vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        }

        /// L = (1 − w₁w₂)² has a saddle at (0, 0) with the eigenvalues 2 and −2, and its minima where w₁w₂ = 1.
        @Test func twoWeights() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("two-weights", data)
            #expect(try study.word("verdict", "stays") == "saddle")
            #expect(try study.number("diagnosed_loss", "stays") == 1)
            #expect(try study.number("diagnosed_gradient_norm", "stays") == 0)
            #expect(try abs(study.number("lambda_max", "stays") - 2) < 1e-5)
            #expect(try abs(study.number("lambda_min", "stays") + 2) < 1e-5)
            #expect(try study.number("minimum_ratio", "stays") == 0.5)
            for run in ["escapes", "starts-near", "passes"] {
                #expect(try study.word("verdict", run) == "local_minimum")
                #expect(try study.number("diagnosed_loss", run) < 1e-9)
                // H = 2 (w₂, w₁) (w₂, w₁)ᵀ there, of which w₁ = w₂ = 1 has the least.
                #expect(try study.number("lambda_max", run) > 4 - 1e-3)
                #expect(try abs(study.number("lambda_min", run)) < 1e-4)
            }
            for row in try study.landscape("surface") {
                let (a, b, loss) = (row["a"] ?? .nan, row["b"] ?? .nan, row["loss"] ?? .nan)
                let expected = (1 - a * b) * (1 - a * b)
                #expect(abs(loss - expected) <= 1e-5 * max(1, expected), "\(row), not \(expected)")
            }
            #expect(try Set(study.path("surface", "stays")) == [[0, 0]])
            let passing = try study.path("surface", "passes")
            #expect(try #require(passing.map(length).min()) < 0.2)
            let end = try #require(passing.last)
            #expect(abs(end[0] * end[1] - 1) < 1e-4)
        }

        /// Twenty updates in an epoch of single examples, one with all of them; the way of the many is noisy.
        @Test func twentyExamples() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("twenty-examples", data)
            #expect(try study.number("epoch", "one") == 10 && study.number("steps", "one") == 200)
            #expect(try study.number("epoch", "full") == 10 && study.number("steps", "full") == 10)
            // After as many epochs the many updates are further, after as many updates the smooth ones.
            let losses = try ["one", "full", "full-200-epochs"].map {
                try study.number("train_eval_loss", $0)
            }
            #expect(losses[0] < losses[1] / 5 && losses[2] < losses[0])
            func backward(_ run: String) throws -> Int {
                let moves = try steps(study.path("surface", run))
                return zip(moves, moves.dropFirst()).count { first, second in
                    zip(first, second).reduce(0) { $0 + $1.0 * $1.1 } < 0
                }
            }
            #expect(try backward("full-200-epochs") <= 10)
            #expect(try backward("one") > 60)
        }

        /// At one rate plain descent goes from wall to wall and creeps along the valley; momentum gathers speed there.
        @Test func valley() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("valley", data)
            let (plain, momentum) = try (
                study.number("reach_step", "plain"), study.number("reach_step", "momentum")
            )
            #expect(momentum < 0.7 * plain, "\(momentum), \(plain)")
            #expect(try study.number("train_loss", "momentum") < study.number("train_loss", "plain") / 100)
            let walls = try study.path("surface", "plain").prefix(20).map { $0[1] - 1 }
            #expect(zip(walls, walls.dropFirst()).allSatisfy { $0 * $1 < 0 }, "\(walls)")
            func swing(_ run: String) throws -> Double {
                try study.path("surface", run)[50...100].reduce(0) { $0 + abs($1[1] - 1) }
            }
            #expect(try swing("momentum") < swing("plain") / 3)
        }

        /// One step from high on a cliff ends far behind the minimum, on a plateau; clipped steps walk down to it.
        @Test func cliff() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("cliff", data)
            #expect(try study.number("train_loss", "unclipped") > 0.9)
            #expect(try study.number("train_loss", "clipped") < 1e-4)
            let thrown = try steps(study.path("surface", "unclipped")).map(length)
            #expect(thrown[0] > 1)
            #expect(try #require(thrown.dropFirst().max()) < 1e-3)
            // The rate, 0.001, times the clipped norm, 20.
            let walked = try steps(study.path("surface", "clipped")).map(length)
            #expect(try #require(walked.max()) < 0.0201)
        }

        /// Behind the hill the loss falls all the time, but towards a limit of 1.08; the minimum on the other side has 0.394.
        @Test func hill() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("hill", data)
            let (early, late) = try (
                study.number("train_loss", "wrong-side"),
                study.number("train_loss", "wrong-side-1000-epochs")
            )
            #expect(1.08 < late && late < early && early < 1.1)
            #expect(try study.number("train_loss", "right-side") < 0.4)
            #expect(try study.word("verdict", "right-side") == "local_minimum")
            #expect(try study.word("verdict", "wrong-side") == "not_critical")
            let positions = try study.path("surface", "wrong-side").map { $0[0] }
            #expect(zip(positions, positions.dropFirst()).allSatisfy(>))
            // The gradient vanishes without a critical point.
            let norms = try ["wrong-side", "wrong-side-1000-epochs"].map {
                try study.number("diagnosed_gradient_norm", $0)
            }
            #expect(norms[1] < norms[0] / 2 && norms[0] < 0.01)
        }

        /// Raw features, of which one is thirty times as large, allow a rate that is too small for the other one.
        @Test func unlikeFeatures() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("unlike-features", data)
            let raw = try study.number("reach_step", "raw-0.003")
            let standardized = try study.number("reach_step", "standardized-0.3")
            #expect(raw > 50 * standardized, "\(raw), \(standardized)")
            #expect(try study.word("outcome", "raw-0.01") == "diverged")
            // At the raw features' rate, too, standardized ones are faster.
            #expect(try study.number("reach_step", "standardized-0.003") < raw)
        }
    }
}
