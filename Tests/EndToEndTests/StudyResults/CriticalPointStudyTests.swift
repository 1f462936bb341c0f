import Foundation
import Testing

extension EndToEndTests {
    /// Critical points, eigenvalues and norms of gradients: what the built-in studies show.
    @Suite struct CriticalPointStudies {
        /// The places of values by size, from 0; equal ones share the mean.
        private func ranks(_ values: [Double]) -> [Double] {
            values.map { value in
                let below = values.filter { $0 < value }.count
                return Double(below) + Double(values.filter { $0 == value }.count - 1) / 2
            }
        }

        /// Spearman's correlation of ranks.
        private func rankCorrelation(_ x: [Double], _ y: [Double]) -> Double {
            let (x, y) = (ranks(x), ranks(y))
            func sum(_ a: [Double], _ b: [Double]) -> Double {
                zip(a, b).reduce(0) { $0 + ($1.0 - a.mean) * ($1.1 - b.mean) }
            }
            return sum(x, y) / (sum(x, x) * sum(y, y)).squareRoot()
        }

        /// The lower the loss of a network, the more of its eigenvalues are positive and the fewer negative; the larger the
        /// network, the fewer are positive; never are all.
        @Test func minimumRatio() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("minimum-ratio", data)
            let (widths, epochs) = ([2, 4, 8, 16], [1, 10, 30, 100, 300, 1000])
            func values(_ metric: String, _ width: Int) throws -> [Double] {
                try epochs.map { try study.number(metric, "linear-\(width)-epochs-\($0)") }
            }
            #expect(try widths.map { try values("parameters", $0)[0] } == [64, 118, 226, 442])
            var largest: [Double] = []
            for width in widths {
                let loss = try values("diagnosed_loss", width)
                let positive = try values("minimum_ratio", width)
                let negative = try values("negative_ratio", width)
                #expect(rankCorrelation(loss, positive) < -0.6, "\(width): \(loss) \(positive)")
                #expect(rankCorrelation(loss, negative) > 0.9, "\(width): \(loss) \(negative)")
                #expect(positive.allSatisfy { $0 < 1 } && negative.allSatisfy { $0 > 0 })
                largest.append(try #require(positive.max()))
            }
            #expect(zip(largest, largest.dropFirst()).allSatisfy(>), "\(largest)")
        }

        /// Of the whole training set the gradient's norm does not shrink while plain descent takes the loss down, so no
        /// critical point is near; under Adam it does. Of 16 examples it is several times as large.
        @Test func gradientNorm() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("gradient-norm", data)
            func course(_ metric: String, _ run: String) throws -> [Double] {
                try study.course(metric, run).map(\.value)
            }
            let (loss, norm) = try (course("loss", "sgd-full"), course("gradient_norm", "sgd-full"))
            try #require(norm.count == 40)
            #expect(loss[39] < loss[0] / 4)
            #expect(
                norm[30...].mean > 0.7 * norm[..<10].mean && norm[30...].allSatisfy { $0 > 0.3 }, "\(norm)")
            let adam = try course("gradient_norm", "adam-full")
            #expect(adam[30...].mean < adam[..<10].mean / 4, "\(adam)")
            let noisy = try course("gradient_norm", "sgd-16")
            let unbiased = try course("gradient_norm_squared_unbiased", "sgd-16")
            #expect(unbiased.mean.squareRoot() < 0.7 * noisy.mean, "\(unbiased) \(noisy)")
        }

        /// Networks stop where gradients are not zero; a start of zeros leads to a saddle, and a convex loss to its minimum.
        @Test func criticalPoints() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("critical-points", data)
            for run in ["mlp-2-epochs", "mlp-100-epochs", "cnn-2-epochs", "cnn-20-epochs"] {
                #expect(try study.word("verdict", run) == "not_critical")
                #expect(try study.number("lambda_min", run) < 0 && study.number("minimum_ratio", run) < 0.6)
            }
            #expect(try study.word("verdict", "zeros") == "saddle")
            #expect(try study.number("lambda_min", "zeros") < -1)
            #expect(try study.word("verdict", "logistic") == "local_minimum")
            #expect(try study.number("negative_ratio", "logistic") == 0)
        }
    }
}
