import Datasets
import Layers
import Optimizers
import ReplicaSupport
import Testing

@testable import DataParallel

/// What a step may do beside taking one mini-batch's gradient at once.
@Suite(.serialized) struct StepModesTests {
    private static let count = 24

    /// Images of two channels, different enough that every gradient counts.
    private static let features = (0..<count * 2 * 36).map { (index: Int) -> Float in
        Float((index * 7919 + 13) % 211 - 105) / 60
    }

    /// The images with classes.
    private static func data() throws -> Dataset {
        try Dataset(
            name: "images", features: features, exampleShape: [2, 6, 6],
            labels: .classes((0..<count).map { Int32(($0 * 5 + 1) % 3) }, count: 3))
    }

    /// The images with targets, of which one is so large that its gradient overflows.
    private static func spoiledData(at place: Int) throws -> Dataset {
        var targets = (0..<count * 3).map { Float(($0 * 5 + 1) % 7) / 3 }
        targets[place * 3] = 3e38
        return try Dataset(
            name: "images", features: features, exampleShape: [2, 6, 6], labels: .targets(targets, width: 3))
    }

    private static let dense: Sequential = [Flatten(), Linear(20), Tanh(), Linear(3)]
    private static let images: Sequential = [
        Conv2d(4, kernel: 3), BatchNormalization(), Tanh(), Flatten(), Linear(3),
    ]
    private static let plain: Sequential = [Conv2d(4, kernel: 3), Tanh(), Flatten(), Linear(3)]

    private static func harness(
        _ model: Sequential, rule: any UpdateRule = GradientRecorder(), data: Dataset? = nil,
        loss: Loss = .crossEntropy, clipping: GradientClipping = .off,
        adjust: (inout ReplicaSettings) -> Void = { _ in }
    ) throws -> ReplicaHarness {
        try ReplicaHarness(
            model, data: data ?? Self.data(), loss: loss, rule: rule, batch: count, shards: 4,
            clipping: clipping, adjust: adjust)
    }

    /// The gradient at the first weights of the mini-batch at `rows`.
    private static func gradient(_ model: Sequential, _ rows: Range<Int>) throws -> [[Float]] {
        let harness = try harness(model)
        _ = try harness.step(rows)
        return harness.values
    }

    private static func isClose(_ a: [[Float]], _ b: [[Float]], _ tolerance: Float = 1e-6) -> Bool {
        zip(a, b).allSatisfy { a, b in
            let scale = max(1e-3, b.map(abs).max() ?? 0)
            return zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * scale }
        }
    }

    // MARK: Accumulation

    @Test(arguments: [[0..<16, 16..<24], [0..<5, 5..<6, 6..<24]])
    func accumulatedGradients(batches: [Range<Int>]) throws {
        for model in [Self.dense, Self.plain] {
            let harness = try Self.harness(model) { $0.accumulates = true }
            let result = try harness.step(batches)
            #expect(result.count == Self.count)
            let whole = try Self.harness(model)
            let expected = try whole.step(0..<Self.count)
            #expect(Self.isClose(harness.values, whole.values))
            #expect(abs(result.lossSum - expected.lossSum) < 1e-5)
            let norms = try (#require(result.gradientNorm), #require(expected.gradientNorm))
            #expect(abs(norms.0 - norms.1) < 1e-6 * norms.1)
            #expect(try !Self.isClose(harness.values, Self.gradient(model, batches[0])))
        }
    }

    // MARK: Delay

    /// Gradient t is taken at the weights after update t − 2.
    @Test func delayedUpdates() throws {
        let rate = 0.5
        for model in [Self.dense, Self.plain] {
            let harness = try Self.harness(model, rule: SGD()) { $0.isDelayed = true }
            let start = harness.values
            let first = try harness.step(0..<12, learningRate: rate)
            #expect(harness.values == start && first.gradientNorm == nil)
            let second = try harness.step(12..<24, learningRate: rate)
            let gradients = try [Self.gradient(model, 0..<12), Self.gradient(model, 12..<24)]
            func moved(_ values: [[Float]], by gradient: [[Float]]) -> [[Float]] {
                zip(values, gradient).map { zip($0, $1).map { $0 - Float(rate) * $1 } }
            }
            let after = moved(start, by: gradients[0])
            #expect(harness.values == after)
            #expect(second.gradientNorm != nil)
            try harness.flush()
            #expect(harness.values == moved(after, by: gradients[1]))
            try harness.flush()
            #expect(harness.values == moved(after, by: gradients[1]))

            let prompt = try Self.harness(model, rule: SGD())
            _ = try prompt.step(0..<12, learningRate: rate)
            _ = try prompt.step(12..<24, learningRate: rate)
            #expect(!Self.isClose(prompt.values, harness.values, 1e-3))
        }
    }

    /// A gradient that waits goes through a checkpoint's arrays.
    @Test func delayedGradientIsKept() throws {
        let one = try Self.harness(Self.dense, rule: SGD()) { $0.isDelayed = true }
        _ = try one.step(0..<12, learningRate: 0.5)
        let numbers = try #require(try one.replica.keepPending())
        let other = try Self.harness(Self.dense, rule: SGD()) { $0.isDelayed = true }
        for entry in one.state.layout.entries {
            let values = try #require(try one.replica.optimizerState(0, entry))
            other.replica.setOptimizerState(0, entry, values)
        }
        try other.replica.restorePending(numbers: numbers)
        let results = try [one, other].map { try $0.step(12..<24, learningRate: 0.25) }
        #expect(results[0].gradientNorm == results[1].gradientNorm)
        for harness in [one, other] { try harness.flush() }
        #expect(one.values == other.values)
    }

    // MARK: Gradients

    @Test func valuesAreClipped() throws {
        let limit: Float = 0.01
        let gradient = try Self.gradient(Self.dense, 0..<24)
        let clipping = try GradientClipping(maximumValue: Double(limit))
        let harness = try Self.harness(Self.dense, clipping: clipping)
        let result = try harness.step(0..<24)
        let expected = gradient.map { $0.map { max(-limit, min(limit, $0)) } }
        #expect(harness.values == expected)
        #expect(gradient.contains { $0.contains { abs($0) > limit } })
        func norm(_ values: [[Float]]) -> Double {
            values.joined().reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        }
        let ratio = try #require(result.clipRatio)
        #expect(abs(ratio - norm(expected) / norm(gradient)) < 1e-6)
    }

    @Test func normsOfLayers() throws {
        let harness = try Self.harness(Self.plain)
        let result = try harness.step([0..<24], observes: [.norm, .layers])
        #expect(result.layerNorms.count == harness.model.variables.count)
        for (variable, norm) in result.layerNorms {
            let square = harness.values[variable].reduce(0.0) { $0 + Double($1) * Double($1) }
            #expect(abs(norm - square.squareRoot()) <= 1e-6 * max(norm, 1e-12))
        }
    }

    /// A gradient that is not finite leaves weights, optimizer state and running statistics as they are.
    @Test(arguments: [1, 2])
    func stepsWithoutFiniteGradientAreSkipped(batches: Int) throws {
        let harness = try Self.harness(
            Self.images, rule: SGD(momentum: 0.9), data: Self.spoiledData(at: 20), loss: .meanSquaredError
        ) {
            $0.skipsNonFinite = true
            $0.accumulates = batches > 1
        }
        let good = batches == 1 ? [0..<12] : [0..<6, 6..<12]
        let bad = batches == 1 ? [12..<24] : [16..<24, 12..<16]
        #expect(try !harness.step(good, learningRate: 0.1).isSkipped)
        let before = harness.values
        let skipped = try harness.step(bad, learningRate: 0.1)
        #expect(skipped.isSkipped)
        #expect(harness.values == before)
        #expect(try !harness.step(good, learningRate: 0.1).isSkipped)
        #expect(harness.values != before)
        #expect(harness.values.joined().allSatisfy { $0.isFinite })

        let unguarded = try Self.harness(
            Self.images, rule: SGD(), data: Self.spoiledData(at: 20), loss: .meanSquaredError)
        _ = try unguarded.step(12..<24, learningRate: 0.1)
        #expect(!unguarded.values.joined().allSatisfy { $0.isFinite })
    }

    /// A step whose mean loss is above the limit leaves everything as it is, one at the limit does not.
    @Test(arguments: [1, 2])
    func stepsAboveTheLossLimitAreSkipped(batches: Int) throws {
        func harness() throws -> ReplicaHarness {
            try Self.harness(Self.plain, rule: SGD(momentum: 0.9)) {
                $0.skipsNonFinite = true
                $0.accumulates = batches > 1
            }
        }
        let rows = batches == 1 ? [0..<13] : [0..<6, 6..<13]
        let free = try harness()
        let loss = try free.step(rows, learningRate: 0.1).lossSum / 13
        let limited = try harness()
        let before = limited.values
        let skipped = try limited.step(rows, learningRate: 0.1, lossLimit: loss.nextDown * (1 - 1e-12))
        #expect(skipped.skipped == .loss && skipped.lossSum == loss * 13)
        #expect(limited.values == before)
        let taken = try limited.step(rows, learningRate: 0.1, lossLimit: loss * (1 + 1e-12))
        #expect(taken.skipped == nil)
        #expect(limited.values == free.values)
    }

    // MARK: Noise

    /// The shards' gradients, each taken alone, give the same estimate.
    @Test func noiseIsThatOfTheShards() throws {
        for model in [Self.dense, Self.plain] {
            let harness = try Self.harness(model)
            let result = try harness.step([0..<22], observes: [.norm, .noise])
            let noise = try #require(result.noise)
            func square(_ values: [[Float]]) -> Double {
                values.joined().reduce(0.0) { $0 + Double($1) * Double($1) }
            }
            let whole = try square(Self.gradient(model, 0..<22))
            let cuts = (0...4).map { $0 * 22 / 4 }
            let shards = try (0..<4).map { try square(Self.gradient(model, cuts[$0]..<cuts[$0 + 1])) }
            let counts = (0..<4).map { Double(cuts[$0 + 1] - cuts[$0]) }
            let mean = shards.reduce(0, +) / 4
            let inverse = counts.reduce(0) { $0 + 1 / $1 } / 4
            let variance = (mean - whole) / (inverse - 1 / 22.0)
            #expect(abs(noise.variance - variance) < 1e-4 * variance)
            #expect(abs(noise.squaredNorm - (whole - variance / 22)) < 1e-4 * whole)
        }
    }

    /// Gradients of known mean and variance: the mean of many estimates comes to them.
    @Test func noiseOfAKnownDistribution() throws {
        var sums = (variance: 0.0, square: 0.0)
        var state: UInt64 = 1
        func normal() -> Double {
            // The sum of twelve uniform numbers has variance 1.
            (0..<12).reduce(-6.0) { sum, _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return sum + Double(state >> 11) * 0x1p-53
            }
        }
        let counts = [7, 8, 8, 9]
        let rounds = 4000
        for _ in 0..<rounds {
            // One component of mean 2 and two of mean 0; variance 9 in all.
            let shards = counts.map { count in
                (0..<3).map { place in
                    (place == 0 ? 2.0 : 0.0) + 3.0.squareRoot() * normal() / Double(count).squareRoot()
                }
            }
            let whole = (0..<3).map { place in
                zip(shards, counts).reduce(0.0) { $0 + $1.0[place] * Double($1.1) } / 32
            }
            let squares = zip(shards, counts).map { shard, count in
                shard.reduce(0.0) { $0 + $1 * $1 } * Double(count * count) / (32 * 32)
            }
            let noise = try #require(
                GradientNoise(
                    shardSquares: squares, shardCounts: counts, square: whole.reduce(0) { $0 + $1 * $1 }))
            sums.variance += noise.variance / Double(rounds)
            sums.square += noise.squaredNorm / Double(rounds)
        }
        #expect(abs(sums.variance - 9) < 0.45)
        #expect(abs(sums.square - 4) < 0.1)
    }
}
