import Datasets
import Layers
import ReplicaSupport
import Testing

@testable import DataParallel

/// A loss that weighs classes is Σ w ℓ ÷ Σ w over the whole step, however that is cut.
@Suite(.serialized) struct WeightedLossTests {
    private static let count = 24
    private static let weights = [0.5, 0, 3]

    /// The label of an example; the first has no weight.
    private static func label(_ example: Int) -> Int { (example * 5 + 1) % 3 }

    private static func weight(_ rows: Range<Int>) -> Double {
        rows.reduce(0.0) { $0 + weights[label($1)] }
    }

    /// The gradients and the loss of one step over mini-batches.
    private static func step(_ batches: [Range<Int>], shards: Int = 4, smoothing: Double = 0) throws -> (
        gradients: [Double], result: StepResult
    ) {
        let features = (0..<count * 6).map { Float(($0 * 7919 + 13) % 211 - 105) / 60 }
        let data = try Dataset(
            name: "rows", features: features, exampleShape: [6],
            labels: .classes((0..<count).map { Int32(label($0)) }, count: 3))
        let harness = try ReplicaHarness(
            [Linear(7), Tanh(), Linear(3)] as Sequential, data: data,
            loss: .crossEntropy(labelSmoothing: smoothing, classWeights: weights), rule: GradientRecorder(),
            batch: count, shards: shards
        ) { $0.accumulates = batches.count > 1 }
        let result = try harness.step(batches)
        return (harness.values.flatMap { $0.map(Double.init) }, result)
    }

    private static func isClose(_ a: [Double], _ b: [Double]) -> Bool {
        let scale = b.map(abs).max() ?? 0
        return zip(a, b).allSatisfy { abs($0 - $1) <= 2e-6 * scale }
    }

    @Test(arguments: [[0..<16, 16..<24], [0..<1, 1..<9, 9..<24]])
    func accumulated(_ batches: [Range<Int>]) throws {
        // Smoothed, an example without weight of its own still counts.
        let whole = try Self.step([0..<Self.count], smoothing: 0.2)
        let parts = try Self.step(batches, smoothing: 0.2)
        #expect(parts.result.count == Self.count)
        #expect(abs(parts.result.lossSum - whole.result.lossSum) <= 1e-6 * whole.result.lossSum)
        #expect(Self.isClose(parts.gradients, whole.gradients))
        // Control: means of mini-batches weighted by their examples are something else.
        var byExamples = whole.gradients.map { _ in 0.0 }
        for rows in batches {
            let share = Double(rows.count) / Double(Self.count)
            for (place, value) in try Self.step([rows], smoothing: 0.2).gradients.enumerated() {
                byExamples[place] += share * value
            }
        }
        #expect(!Self.isClose(byExamples, whole.gradients))
    }

    /// A mini-batch of classes without weight changes nothing, where a division by their weight would give NaN.
    @Test func withoutWeight() throws {
        #expect(Self.weight(0..<1) == 0)
        for smoothing in [0, 0.2] {
            let step = try Self.step([0..<1], smoothing: smoothing)
            #expect(step.result.skipped == .labels && step.result.meanLoss.isNaN)
        }
    }

    /// The reported loss is the weighted mean.
    @Test(arguments: [1, 4, 8])
    func lossOfAStep(shards: Int) throws {
        let whole = try Self.step([0..<Self.count], shards: shards).result
        var sum = 0.0
        for row in 0..<Self.count where Self.weight(row..<row + 1) > 0 {
            let one = try Self.step([row..<row + 1], shards: shards).result
            sum += one.meanLoss * Self.weight(row..<row + 1)
        }
        let mean = sum / Self.weight(0..<Self.count)
        #expect(abs(whole.meanLoss - mean) <= 1e-5 * mean)
    }
}
