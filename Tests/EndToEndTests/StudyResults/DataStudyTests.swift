import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// What passes, examples, widths and shuffling do to the test loss: what the built-in studies show, of three seeds each.
    @Suite struct DataStudies {
        private static let seeds = [0, 1, 2]

        /// In the first pass the loss of a step before its update estimates the loss of new examples; later passes widen
        /// the gap, and lower the test loss nevertheless.
        @Test func passes() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("passes", data)
            for seed in Self.seeds {
                let run = "seed-\(seed)"
                let gaps = try study.numbers("generalization_gap", run)
                try #require(gaps.count == 8)
                #expect(gaps[0] < 0.1 && gaps[7] > 2.5 * gaps[0], "\(gaps)")
                let losses = try study.numbers("test_loss", run)
                #expect(try #require(losses.dropFirst().min()) < losses[0] - 0.04, "\(losses)")
                #expect(try abs(Self.underestimate(study, run, pass: 0)) < 0.05)
                #expect(try Self.underestimate(study, run, pass: 7) > 0.1)
            }
        }

        /// By how much the losses of a pass's steps are below the test loss of the same weights, behind the first fifth of
        /// the pass.
        private static func underestimate(
            _ study: BuiltInStudy, _ run: String, pass: Int
        ) throws -> Double {
            let steps = Double(100 * pass + 20)...Double(100 * pass + 100)
            let losses = try study.events(run, ["step"]).filter { row in
                row["step"].map { steps.contains($0) && $0 > steps.lowerBound } ?? false
            }.compactMap { $0["loss"] }
            let tests = try study.events(run, ["evaluation", "epoch"]).filter { row in
                row["step"].map(steps.contains) ?? false
            }.compactMap { $0["test_loss"] }
            try #require(losses.count == 80 && tests.count == 5)
            // The mean over the steps between evaluations, by trapezoids.
            return (tests.reduce(0, +) - (tests[0] + tests[4]) / 2) / 4 - losses.mean
        }

        /// Four of five test examples are right before half of the first pass is over; the gradient's norm says nothing
        /// of it.
        @Test func onePass() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("one-pass", data)
            for seed in Self.seeds {
                let run = "seed-\(seed)"
                let steps = try study.number("steps", run)
                #expect(try steps == 938 && study.number("reach_step", run) < steps / 2)
                let errors = try study.events(run, ["evaluation", "epoch"]).compactMap { row in
                    row["test_accuracy"].map { 1 - $0 }
                }
                let norms = try study.events(run, ["step"]).compactMap { $0["gradient_norm"] }
                try #require(errors.count == 19 && norms.count == 93)
                #expect(errors.suffix(5).mean < 0.85 * errors.prefix(5).mean, "\(errors)")
                #expect(norms.suffix(23).mean > 0.7 * norms.prefix(23).mean, "\(norms)")
            }
        }

        /// Too simple a network has high losses, a wider one a lower training loss and a wider gap. The test loss does not
        /// rise with the width.
        @Test func capacity() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("capacity", data)
            for seed in Self.seeds {
                let runs = [1, 4, 16, 64, 256].map { "linear-\($0)-seed-\(seed)" }
                let training = try runs.map { try study.number("train_eval_loss", $0) }
                let test = try runs.map { try study.number("test_loss", $0) }
                let gaps = try runs.map { try study.number("generalization_gap", $0) }
                #expect(zip(training, training.dropFirst()).allSatisfy { $0 > $1 }, "\(training)")
                #expect(training[0] > 1.3 && test[0] > 1.3)
                #expect(training[4] < 0.2 && gaps[4] > 3 * gaps[0] && gaps[3] > gaps[1], "\(gaps)")
                #expect(try test[4] < 1.05 * #require(test.min()), "\(test)")
            }
        }

        /// More examples raise the training loss, and lower the test loss and the gap.
        @Test func examples() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("data", data)
            for seed in Self.seeds {
                let runs = [500, 2000, 8000, 32_000].map { "examples-\($0)-seed-\(seed)" }
                let training = try runs.map { try study.number("train_eval_loss", $0) }
                let test = try runs.map { try study.number("test_loss", $0) }
                let gaps = try runs.map { try study.number("generalization_gap", $0) }
                #expect(zip(training, training.dropFirst()).allSatisfy { $0 < $1 }, "\(training)")
                #expect(zip(gaps, gaps.dropFirst()).allSatisfy { $0 > $1 }, "\(gaps)")
                #expect(test[1] < 0.8 * test[0] && test[2] < 0.95 * test[1] && test[3] < 1.02 * test[2])
            }
        }

        /// Examples that are sorted by class raise the test loss where momentum adds up the gradients of a class, though the
        /// training loss is not higher; plain steps this small do not mind. Drawing with replacement is no better than
        /// shuffling before each epoch.
        @Test func shuffling() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("shuffle", data)
            func losses(_ metric: String, _ shuffle: String, _ momentum: String) throws -> [Double] {
                try Self.seeds.map { seed in
                    try study.number(metric, "shuffle-\(shuffle)-momentum-\(momentum)-seed-\(seed)")
                }
            }
            let sorted = try losses("test_loss", "none", "0.9")
            for shuffle in ["once", "epoch"] {
                let others = try losses("test_loss", shuffle, "0.9")
                #expect(zip(sorted, others).allSatisfy { $0 > 1.3 * $1 }, "\(sorted), \(shuffle): \(others)")
            }
            let training = try losses("train_eval_loss", "none", "0.9").mean
            #expect(try training < 1.1 * losses("train_eval_loss", "epoch", "0.9").mean)
            let plain = try losses("test_loss", "epoch", "0")
            for shuffle in ["none", "once", "replacement"] {
                let others = try losses("test_loss", shuffle, "0")
                #expect(others != plain)
                #expect(zip(others, plain).allSatisfy { abs($0 / $1 - 1) < 0.1 }, "\(shuffle): \(others)")
            }
            let drawn = try losses("test_loss", "replacement", "0.9").mean
            let shuffled = try losses("test_loss", "epoch", "0.9").mean
            #expect(drawn > shuffled && drawn < sorted.mean, "\(drawn), \(shuffled)")
        }
    }
}
