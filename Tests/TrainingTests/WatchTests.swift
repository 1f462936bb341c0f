import Cluster
import DataParallel
import Testing

@testable import Training

/// What looks at a run as it goes on.
@Suite struct WatchTests {
    @Test func theLowestLossIsBest() {
        var watch = MetricWatch()
        let values: [(Double, Bool)] = [
            (.nan, false), (3, true), (2.5, true), (2.45, false), (.infinity, false), (2.3, true),
        ]
        for (epoch, (value, isBetter)) in values.enumerated() {
            let result = watch.observe(value, epoch: epoch + 1, isHigherBetter: false, minimumChange: 0.1)
            #expect(result == isBetter)
        }
        #expect(watch.best == 2.3 && watch.bestEpoch == 6 && watch.epochsSinceBest == 0)
        let isBetter = watch.observe(2.3, epoch: 7, isHigherBetter: false, minimumChange: 0)
        #expect(!isBetter)
        #expect(watch.epochsSinceBest == 1)
    }

    @Test func theHighestAccuracyIsBest() {
        var watch = MetricWatch()
        for (epoch, value) in [0.5, 0.7, 0.6, 0.7].enumerated() {
            _ = watch.observe(value, epoch: epoch + 1, isHigherBetter: true, minimumChange: 0)
        }
        #expect(watch.best == 0.7 && watch.bestEpoch == 2 && watch.epochsSinceBest == 2)
    }

    // MARK: Gradients that vanish or explode

    private static func gradients(_ sizes: [Double]) -> [(name: String, count: Int, norm: Double)] {
        sizes.enumerated().map { ("\($0).weight", 100, $1 * 10) }
    }

    @Test func vanishingGradientsAreNamedOnce() {
        var monitor = GradientMonitor()
        var found: [GradientMonitor.Finding] = []
        for _ in 0..<6 { found += monitor.look(Self.gradients([1e-9, 1e-3, 0.1])) }
        #expect(
            found == [
                GradientMonitor.Finding(parameter: "0.weight", kind: .vanishing, rootMeanSquare: 1e-9)
            ])
        // All small alike is no trouble.
        var even = GradientMonitor()
        for _ in 0..<6 {
            let found = even.look(Self.gradients([1e-9, 1e-9]))
            #expect(found.isEmpty)
        }
    }

    @Test(arguments: [5e3, .infinity, .nan])
    func explodingGradientsAreNamedOnce(size: Double) {
        var monitor = GradientMonitor()
        for _ in 0..<10 {
            let usual = monitor.look(Self.gradients([1, 1]))
            #expect(usual.isEmpty)
        }
        // Once may happen.
        let first = monitor.look(Self.gradients([1, size]))
        let usual = monitor.look(Self.gradients([1, 1]))
        #expect(first.isEmpty && usual.isEmpty)
        var found: [GradientMonitor.Finding] = []
        for _ in 0..<5 { found += monitor.look(Self.gradients([1, size])) }
        #expect(found.map(\.parameter) == ["1.weight"] && found.map(\.kind) == [.exploding])
    }

    // MARK: Noise

    @Test func noiseScaleIsARatioOfMeans() throws {
        var scale = NoiseScale()
        #expect(scale.examples == nil)
        // Two shards of 8 examples with squares v/8 + s and a whole of v/16 + s, in units of the mean loss.
        for (variance, square) in [(64.0, 2.0), (64.0, 2.0), (128.0, 0.0)] {
            let shard = (variance / 8 + square) / 4
            let noise = try #require(
                GradientNoise(
                    shardSquares: [shard, shard], shardCounts: [8, 8], square: variance / 16 + square))
            #expect(abs(noise.variance - variance) < 1e-9 && abs(noise.squaredNorm - square) < 1e-9)
            scale.observe(noise)
        }
        // Weights 0.081, 0.09 and 0.1 of measurements from the first on.
        let expected = (64 * 0.171 + 128 * 0.1) / (2 * 0.171)
        let square = try #require(scale.unbiasedSquaredNorm)
        #expect(abs(square - 2 * 0.171 / 0.271) < 1e-9)
        let examples = try #require(scale.examples)
        #expect(abs(examples - expected) < 1e-9)
    }
}
