import CKernels
import Datasets
import Layers
import Optimizers
import ReplicaSupport
import Testing

@testable import DataParallel

/// How far gradients rounded to bfloat16 are from those that are not, and that training gets by with them.
@Suite(.serialized) struct BFloat16GradientTests {
    /// Four noisy clusters of points on a plane.
    private static func clusters(_ count: Int) throws -> Dataset {
        let labels = (0..<count).map { Int32($0 * 7 % 4) }
        let features = (0..<count * 2).map { place -> Float in
            let example = place / 2
            let noise = Float((example * 7919 + place * 104_729) % 997) / 997 - 0.5
            let side: Float = labels[example] >> Int32(place % 2) & 1 == 0 ? -1 : 1
            return side + 0.8 * noise
        }
        return try Dataset(
            name: "clusters", features: features, exampleShape: [2], labels: .classes(labels, count: 4))
    }

    private static func model() -> Sequential { [Linear(32), Tanh(), Linear(4)] }

    /// A sum of S terms is rounded 1 + ⌈log₂ S⌉ times on its way, each time by at most 2⁻⁸ of a partial sum.
    @Test(arguments: [1, 2, 3, 8, 13, 64])
    func errorOfSums(shards: Int) throws {
        let count = 4000
        let kernels: UnsafePointer<dt_kernels> = dt_kernels_for(dt_isa_detect())
        var state: UInt64 = 5
        func number() -> Float {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(Double(state >> 11) * 0x1p-53 - 0.5)
        }
        let leaves = (0..<shards).map { _ in (0..<count).map { _ in number() } }
        let target = UnsafeMutablePointer<Float>.allocate(capacity: count)
        defer { target.deallocate() }
        let accumulator = GradientAccumulator(
            owned: 0..<shards, roots: [0..<shards], targets: [target], count: count,
            map: ShardMap(shards: shards, nodes: [0..<1]), kernels: kernels, precision: .bfloat16)
        for (shard, leaf) in leaves.enumerated() {
            let buffer = try accumulator.begin(shard: shard)
            buffer.update(from: leaf, count: count)
            accumulator.end(shard: shard, buffer, batch: shards)
        }
        var levels = 0
        while 1 << levels < shards { levels += 1 }
        var squares = (error: 0.0, exact: 0.0)
        for element in 0..<count {
            let exact = leaves.map { Double($0[element]) }.reduce(0, +)
            let size = leaves.map { Double($0[element].magnitude) }.reduce(0, +)
            let error = abs(Double(target[element]) - exact)
            let bound = (1...(levels + 1)).reduce(1.0) { product, _ in product * (1 + 0x1p-8) } - 1
            #expect(error <= bound * size)
            #expect(target[element].bitPattern & 0xFFFF == 0)
            squares.error += error * error
            squares.exact += exact * exact
        }
        // Most roundings change less, and as often up as down, so that their squares add: about 2⁻⁹ each.
        let relative = (squares.error / squares.exact).squareRoot()
        #expect(relative < 0x1p-9 * Double(levels + 1).squareRoot())
        #expect(relative > 0x1p-12)
    }

    /// The whole gradient of a model: ‖g₁₆ − g₃₂‖ ÷ ‖g₃₂‖.
    @Test(arguments: [1, 4, 8])
    func errorOfGradients(shards: Int) throws {
        let data = try Self.clusters(64)
        func gradient(_ exchange: GradientPrecision) throws -> [Float] {
            let harness = try ReplicaHarness(
                Self.model(), data: data, rule: GradientRecorder(), batch: 64, shards: shards,
                exchange: exchange)
            _ = try harness.step(0..<64)
            return harness.model.variables.flatMap { harness.value($0.name) ?? [] }
        }
        let (exact, rounded) = (try gradient(.float32), try gradient(.bfloat16))
        let error = zip(exact, rounded).map { ($0 - $1) * ($0 - $1) }.reduce(0, +).squareRoot()
        let size = exact.map { $0 * $0 }.reduce(0, +).squareRoot()
        #expect(error / size < 0x1p-8)
        #expect(error / size > 0x1p-13)
        #expect(rounded.allSatisfy { $0.bitPattern & 0xFFFF == 0 })
    }

    /// Losses fall as with Float32.
    @Test func trains() throws {
        let data = try Self.clusters(64)
        func losses(_ exchange: GradientPrecision) throws -> (first: Double, last: Double) {
            let harness = try ReplicaHarness(
                Self.model(), data: data, rule: try SGD(momentum: 0.9), batch: 16, shards: 8,
                exchange: exchange)
            let first = try harness.evaluate(0..<64).loss
            for step in 0..<80 {
                let start = step % 4 * 16
                _ = try harness.step(start..<start + 16, learningRate: 0.1)
            }
            return (first, try harness.evaluate(0..<64).loss)
        }
        let (exact, rounded) = (try losses(.float32), try losses(.bfloat16))
        #expect(rounded.last < 0.05 * rounded.first)
        #expect(abs(rounded.last - exact.last) < 0.1 * exact.last)
        #expect(rounded.last != exact.last)
    }
}
