import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Which rates, first values and rules train, and which do not: what the built-in studies show.
    @Suite struct MethodStudies {
        /// From zeros and from very small values nothing is learned, from large ones training diverges; Xavier's and He's
        /// train faster than the default's smaller ones. Other seeds come to other weights.
        @Test func firstValues() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("init", data)
            for seed in 0...2 {
                for kind in ["zeros", "small"] {
                    let run = "\(kind)-seed-\(seed)"
                    #expect(try abs(study.number("test_loss", run) - log(10)) < 0.01)
                    #expect(try abs(study.number("test_accuracy", run) - 0.1) < 0.01)
                }
                #expect(try study.word("outcome", "large-seed-\(seed)") == "diverged")
                let standard = try study.number("train_loss", "default-seed-\(seed)")
                #expect(standard < 2.1)
                for kind in ["xavier", "he"] {
                    let run = "\(kind)-seed-\(seed)"
                    #expect(try study.word("outcome", run) == "finished")
                    #expect(try study.number("train_loss", run) < standard - 0.3)
                    #expect(try study.number("test_accuracy", run) > 0.5)
                }
            }
            let losses = try Set((0...2).map { try study.number("test_loss", "he-seed-\($0)") })
            #expect(losses.count == 3)
        }

        /// Too small a rate is slow, too large a one swings above the start's loss, a far too large one diverges.
        @Test func rates() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("rates", data)
            let runs = ["too-small", "right", "too-large", "diverges"]
            #expect(
                try runs.map { try study.word("outcome", $0) } == [
                    "finished", "finished", "finished", "diverged",
                ])
            let losses = try runs.prefix(3).map { try study.number("train_eval_loss", $0) }
            #expect(losses[1] < 0.8 && losses[0] > 1.8 && losses[2] > 1.5, "\(losses)")
            func course(_ run: String) throws -> [Double] {
                try study.events(run, ["step"]).compactMap { $0["loss"] }
            }
            #expect(try course("too-small").allSatisfy { (1.8..<2.5).contains($0) })
            #expect(try #require(course("too-large").max()) > log(10) + 0.5)
            #expect(try #require(course("right").max()) < log(10))
        }

        /// With mini-batches the loss at a constant rate goes up and down to the end, and settles, lower, where the rate
        /// falls. With full batches it falls at every step at that rate.
        @Test func decay() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("decay", data)
            func moves(_ losses: some Collection<Double>) -> [Double] {
                zip(losses, losses.dropFirst()).map { $1 - $0 }
            }
            let (constant, falling) = try (
                study.numbers("train_eval_loss", "constant").suffix(10),
                study.numbers("train_eval_loss", "falling").suffix(10)
            )
            #expect(moves(constant).map(abs).mean > 5 * moves(falling).map(abs).mean)
            #expect(try #require(falling.max()) < constant.mean, "\(falling), \(constant)")
            let full = try study.numbers("train_eval_loss", "full-constant")
            #expect(full.count == 200 && moves(full).allSatisfy { $0 < 0 })
        }

        /// AdaGrad, RMSProp, AdaDelta and Adam are ahead of plain descent from the same start; RAdam waits at first.
        @Test func optimizers() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("optimizers", data)
            #expect(
                study.runs == ["sgd", "momentum", "adagrad", "rmsprop", "adadelta", "adam", "radam"])
            let plain = try study.number("train_loss", "sgd")
            for rule in ["momentum", "adagrad", "rmsprop", "adadelta", "adam"] {
                #expect(try study.number("train_loss", rule) < plain - 0.02, "\(rule)")
            }
            let (early, late) = try (
                study.numbers("train_loss", "radam")[0], study.number("train_loss", "radam")
            )
            #expect(try early > study.numbers("train_loss", "sgd")[0] && late < 0.7)
        }

        /// A warm-up of two epochs saves descent at a high rate, half an epoch helps Adam.
        @Test func warmup() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("warmup", data)
            #expect(
                try study.number("test_accuracy", "two-epochs") > study.number("test_accuracy", "none") + 0.05
            )
            #expect(try study.number("train_loss", "two-epochs") < study.number("train_loss", "none") - 0.2)
            #expect(
                try study.number("train_loss", "adam-half-an-epoch")
                    < study.number("train_loss", "adam-none"))
        }

        /// On softmax outputs the mean squared error is far behind cross-entropy, mostly for its smaller gradient.
        @Test func loss() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("loss", data)
            let accuracies = try ["mse", "mse-sum", "cross_entropy"].map {
                try study.number("train_accuracy", $0)
            }
            #expect(accuracies[0] < accuracies[1] - 0.15, "\(accuracies)")
            #expect(accuracies[1] < accuracies[2], "\(accuracies)")
        }

        /// Raw pixels train at the smallest rate alone; at each rate standardized ones are ahead of those from 0 to 1, and
        /// batch norm is ahead of both.
        @Test func normalization() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("normalization", data)
            let rates = ["0.001", "0.01", "0.1"]
            #expect(
                try rates.map { try study.word("outcome", "normalize-none-lr-\($0)") } == [
                    "finished", "diverged", "diverged",
                ])
            for rate in rates {
                let losses = try ["batch_norm", "normalize-standardize", "normalize-min_max"].map {
                    try study.number("train_loss", "\($0)-lr-\(rate)")
                }
                #expect(losses[0] < losses[1] && losses[1] < losses[2], "\(rate): \(losses)")
            }
        }
    }
}
