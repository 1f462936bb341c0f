import Datasets
import Layers
import ReplicaSupport
import Testing

/// Batch norm over shards against the same mini-batch in one shard, where it is hard: large means, small deviations.
@Suite(.serialized) struct SyncBatchNormTests {
    @Test(arguments: [1, 3, 8, 16])
    func runningStatisticsOfShiftedData(shards: Int) throws {
        let count = 13
        let channels = 3
        // Mean 1e4 and deviation 1e-2, as Float32 holds them.
        let features = (0..<count * channels * 4).map { (index: Int) -> Float in
            let step = Double((index * 7919 + 13) % 101 - 50)
            return Float(1e4 + 1e-2 * step / 29)
        }
        let data = try Dataset(
            name: "shifted", features: features, exampleShape: [channels, 2, 2],
            labels: .classes((0..<count).map { Int32($0 % 2) }, count: 2))
        let harness = try ReplicaHarness(
            [BatchNormalization(momentum: 1), Flatten(), Linear(2)] as Sequential, data: data,
            rule: GradientRecorder(),
            batch: count, shards: shards)
        _ = try harness.step(0..<count)
        let means = try #require(harness.value("0.running_mean"))
        let variances = try #require(harness.value("0.running_var"))
        for channel in 0..<channels {
            var values: [Double] = []
            for example in 0..<count {
                for pixel in 0..<4 {
                    values.append(Double(features[(example * channels + channel) * 4 + pixel]))
                }
            }
            let mean = values.reduce(0, +) / Double(values.count)
            let variance = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count - 1)
            #expect(abs(Double(means[channel]) - mean) <= 1e-3)
            #expect(abs(Double(variances[channel]) - variance) <= 1e-5 * variance)
        }
    }

    /// Outputs show in the gradient of the layer behind: x̂ to 1e-4 of the deviation.
    @Test func normalizedValuesOfShiftedData() throws {
        let count = 13
        let features = (0..<count).map { (index: Int) -> Float in
            let step = Double((index * 5 + 2) % 13 - 6)
            return Float(1e4 + 1e-2 * step)
        }
        let targets = (0..<count).map { Float($0 % 3) }
        let data = try Dataset(
            name: "shifted", features: features, exampleShape: [1], labels: .targets(targets, width: 1))
        let values = features.map(Double.init)
        let mean = values.reduce(0, +) / Double(count)
        let squares = values.map { (value: Double) -> Double in (value - mean) * (value - mean) }
        let variance = squares.reduce(0, +) / Double(count)
        let deviation = (variance + 1e-5).squareRoot()
        let normalized = values.map { (value: Double) -> Double in (value - mean) / deviation }
        for shards in [1, 4, 8] {
            let harness = try ReplicaHarness(
                [BatchNormalization(), Linear(1)] as Sequential, data: data, loss: .meanSquaredError,
                rule: GradientRecorder(), batch: count, shards: shards)
            let weight = try Double(#require(harness.value("1.weight"))[0])
            let bias = try Double(#require(harness.value("1.bias"))[0])
            _ = try harness.step(0..<count)
            var expected = 0.0
            for (x, target) in zip(normalized, targets) {
                expected += 2 * (weight * x + bias - Double(target)) * x / Double(count)
            }
            let got = try Double(#require(harness.value("1.weight"))[0])
            #expect(abs(got - expected) <= 1e-4 * max(1, abs(expected)))
        }
    }
}
