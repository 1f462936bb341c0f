import CKernels
import Cluster
import DataParallel
import Datasets
import Graph
import Layers
import Randomness
import ReplicaSupport
import Runtime
import Testing

@testable import Training

/// Symmetries, the ray through the weights, and the error of mini-batches' gradients.
@Suite(.serialized) struct DiagnosisFurtherTests {
    private static let random = CounterRandom(seed: 5, purpose: .test)

    /// Two features of each of `count` examples.
    private static func features(_ count: Int) -> [Float] {
        (0..<UInt64(2 * count)).map { Float(random.normal(at: $0)) }
    }

    private func look(
        _ layers: [any Layer], _ features: [Float], _ labels: Dataset.Labels, _ target: TargetKind,
        _ loss: Loss,
        weights: [[Float]]? = nil, change: (inout DiagnosisOptions) -> Void = { _ in }
    ) throws -> Diagnosis {
        prepareThreadForPrograms()
        let cluster = try TestCluster.get()
        let data = try Dataset(name: "points", features: features, exampleShape: [2], labels: labels)
        let model = try TracedModel(Sequential(layers), exampleShape: [2], target: target, loss: loss)
        let state = try ModelState(cluster: cluster, model: model)
        try state.set(weights ?? model.initialValues(seed: 3))
        var options = DiagnosisOptions()
        options.looksFurther = true
        options.isDense = true
        change(&options)
        let count = features.count / 2
        let objective = DatasetObjective(
            order: EpochOrder(inOrder: count, batchSize: count),
            maker: BatchMaker(
                examples: data.examples, scaling: FeatureScaling(unchanged: data.layout.channels),
                kernels: cluster.kernels),
            shards: 4, workers: 1, dropoutKey: ReplicaHarness.dropoutKey,
            mode: TracedModel.ObjectiveMode(
                usesBatchStatistics: options.usesBatchStatistics, dropsOut: false))
        let diagnosis = try Diagnoser(
            cluster: cluster, state: state, objective: objective, options: options, data: "train",
            optimizer: nil, rate: nil
        ).run()
        try state.free()
        return diagnosis
    }

    private func classes(
        _ layers: [any Layer], count: Int = 40, classes: Int = 3, label: (Int) -> Int = { $0 % 3 },
        change: (inout DiagnosisOptions) -> Void = { _ in }
    ) throws -> Diagnosis {
        try look(
            layers, Self.features(count), .classes((0..<count).map { Int32(label($0)) }, count: classes),
            .classes(classes), .crossEntropy, change: change)
    }

    private func explained(_ diagnosis: Diagnosis) throws -> [String: Int] {
        let found = try #require(diagnosis.symmetries)
        return Dictionary(uniqueKeysWithValues: found.kinds.map { ($0.name, $0.explained) })
    }

    private func zeros(_ diagnosis: Diagnosis) -> Int {
        Int((diagnosis.zeroRatio.value * Double(diagnosis.parameters)).rounded())
    }

    /// Shifts of softmax are all zero eigenvalues that a linear classifier has, wherever it is.
    @Test func shiftsOfSoftmax() throws {
        let diagnosis = try classes([Linear(3)])
        #expect(diagnosis.verdict == .notCritical)
        #expect(try explained(diagnosis) == ["softmax_shift": 3])
        #expect(zeros(diagnosis) == 3)
    }

    /// Units' scales are zero eigenvalues where the gradient is 0, and are not claimed elsewhere.
    @Test func scalesOfUnits() throws {
        let away = try classes([Linear(4), ReLU(), Linear(3)])
        #expect(try explained(away) == ["scaling": 0, "softmax_shift": 5])
        #expect(away.symmetries?.kinds.first?.directions == 4)

        let weights: [[Float]] = [
            [1, 0.5, -0.75, 1, 0.25, -1], [0.1, 0.2, -0.1], [1, -0.5, 0.75], [0.25],
        ]
        let features = Self.features(40)
        let targets = (0..<40).map { place in
            (0..<3).reduce(weights[3][0]) { sum, unit in
                let input =
                    weights[0][2 * unit] * features[2 * place] + weights[0][2 * unit + 1]
                    * features[2 * place + 1]
                    + weights[1][unit]
                return sum + weights[2][unit] * max(0, input)
            }
        }
        let there = try look(
            [Linear(3), ReLU(), Linear(1)], features, .targets(targets, width: 1), .values([1]),
            .meanSquaredError, weights: weights)
        #expect(there.verdict == .localMinimum)
        #expect(try explained(there) == ["scaling": 3])
        #expect(zeros(there) >= 3)
    }

    /// Batch norm takes biases away by mini-batches' moments, and not by running statistics.
    @Test(arguments: [true, false]) func biasesBeforeBatchNorm(_ isTraining: Bool) throws {
        let diagnosis = try classes(
            [Linear(4), BatchNormalization(), Linear(3)], change: { $0.usesBatchStatistics = isTraining })
        let found = try explained(diagnosis)
        #expect(found["batch_norm_bias"] == (isTraining ? 4 : nil))
        #expect(found["batch_norm_scale"] == (isTraining ? 0 : nil))
        #expect(found["softmax_shift"] == 5)
        #expect(zeros(diagnosis) >= (isTraining ? 9 : 5))
    }

    /// Classes that a line parts have no minimum; labels that contradict each other have one.
    @Test func onlyALimit() throws {
        let features = Self.features(40)
        func ray(_ label: (Int) -> Int32) throws -> Diagnosis.Ray {
            let found = try look(
                [Linear(2)], features, .classes((0..<40).map(label), count: 2), .classes(2), .crossEntropy,
                weights: [[-1, 0, 1, 0], [0, 0]])
            return try #require(found.ray)
        }
        let parted = try ray { features[2 * $0] > 0 ? 1 : 0 }
        #expect(parted.hasNoMinimum && parted.slope < 0, "\(parted)")
        let mixed = try ray { (features[2 * $0] > 0) != ($0 % 5 == 0) ? 1 : 0 }
        #expect(!mixed.hasNoMinimum, "\(mixed)")
    }

    /// The measured error is σ/√n as far as thirty draws tell.
    @Test func errorOfGradients() throws {
        let diagnosis = try classes([Linear(3)], count: 200, change: { $0.measuresGradientError = true })
        let error = try #require(diagnosis.gradientError)
        #expect(error.singles == 200 && error.rows.map(\.examples) == [1, 10, 100])
        for row in error.rows {
            #expect(abs(row.error / row.expected - 1) < 0.3, "\(row)")
            let variance = row.expected * row.expected * Double(row.examples)
            #expect(abs(variance / error.variance - 1) < 1e-12)
        }
    }

    @Test func unionBound() {
        let bound = UnionBound(parameters: 1, gap: 0.1)
        // (33 ln 2 + ln 20) ÷ 0.02 = 1293.5.
        #expect(bound.examples(forProbability: 0.05) == 1294)
        #expect(bound.logarithm(examples: 1294) <= -2.9957 && bound.logarithm(examples: 1293) > -2.9958)
    }

    @Test func pairsDiffer() {
        #expect(PageText.pair(2.2903, 2.2899, digits: 3) == ("2.2903", "2.2899"))
        #expect(PageText.pair(2, 2, digits: 3) == ("2", "2"))
    }
}
