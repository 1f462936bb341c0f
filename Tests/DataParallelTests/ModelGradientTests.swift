import CKernels
import DataParallel
import Datasets
import Graph
import GraphSupport
import Layers
import ReplicaSupport
import Testing

/// Losses, gradients and running statistics of whole models, as a replica computes them over shards, against the
/// naive Float64 interpreter.
@Suite(.serialized) struct ModelGradientTests {
    /// A model, the shape of its examples and its loss.
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let shape: [Int]
        let loss: Loss
        let make: @Sendable () -> Sequential

        init(
            _ name: String, _ shape: [Int], _ loss: Loss = .crossEntropy,
            _ make: @escaping @Sendable () -> Sequential
        ) {
            testDescription = name
            self.shape = shape
            self.loss = loss
            self.make = make
        }
    }

    static let cases = [
        Case("dense with every activation", [7]) {
            [
                Linear(9), Tanh(), Linear(8), GELU(), Linear(8), Sigmoid(), Linear(6), LeakyReLU(slope: 0.2),
                Linear(6), ReLU(),
                Linear(5),
            ]
        },
        Case("batch norm of rows and dropout", [6]) {
            [Linear(10), BatchNormalization(), ReLU(), Dropout(0.4), Linear(5)]
        },
        Case("convolutions of odd channels", [3, 9, 7]) {
            [
                Conv2d(5, kernel: 3, padding: 1), ReLU(),
                Conv2d(20, kernel: Extent2d(3, 1), stride: Extent2d(2, 1), bias: false),
                BatchNormalization(), ReLU(), Flatten(), Linear(5),
            ]
        },
        Case("strided 1x1 convolution and overlapping pooling", [2, 8, 8]) {
            [
                Conv2d(16, kernel: 3, padding: 1, bias: false), BatchNormalization(), ReLU(),
                MaxPool2d(3, stride: 2, padding: 1), Conv2d(32, kernel: 1, stride: 2, bias: false),
                AvgPool2d(2),
                Flatten(), Linear(5),
            ]
        },
        Case("groups", [4, 6, 6]) {
            [
                Conv2d(8, kernel: 3, padding: 1, groups: 2), Tanh(), Conv2d(32, kernel: 3, groups: 4), ReLU(),
                GlobalAvgPool(),
                Flatten(), Linear(5),
            ]
        },
        Case("residual with projection and dropout on images", [1, 8, 8]) {
            [
                Conv2d(16, kernel: 3, padding: 1, bias: false), BatchNormalization(), ReLU(), Dropout(0.3),
                Residual(
                    [
                        Conv2d(24, kernel: 3, stride: 2, padding: 1, bias: false), BatchNormalization(),
                        ReLU(),
                        Conv2d(24, kernel: 3, padding: 1, bias: false), BatchNormalization(),
                    ], shortcut: [Conv2d(24, kernel: 1, stride: 2, bias: false), BatchNormalization()]),
                ReLU(),
                Residual([Conv2d(24, kernel: 3, padding: 1)]), Sigmoid(), GlobalAvgPool(), Flatten(),
                Linear(5),
            ]
        },
        Case("batch norm per shard", [3, 4, 4]) {
            [
                Conv2d(16, kernel: 3, padding: 1), BatchNormalization(synchronized: false), ReLU(), Flatten(),
                Linear(5),
            ]
        },
        Case("examples and weights normalized", [4, 7, 6]) {
            [
                Conv2d(12, kernel: 3, padding: 1, form: .weightNorm), GroupNormalization(3), ReLU(),
                Conv2d(8, kernel: 3, bias: false, form: .spectralNorm), InstanceNormalization(affine: true),
                ReLU(), LayerNormalization(), Flatten(), Linear(9, form: .spectralNorm),
                LayerNormalization([9]), Tanh(), Linear(5, form: .weightNorm),
            ]
        },
        Case("batch renormalization", [3, 6, 6]) {
            let limits = BatchRenormalization.Limits(rMax: 1.3, dMax: 0.2, warmup: 0, rSteps: 0, dSteps: 0)
            return [
                Conv2d(8, kernel: 3, bias: false), BatchRenormalization(limits: limits), ReLU(), Flatten(),
                Linear(6, bias: false), BatchRenormalization(limits: limits), Linear(5),
            ]
        },
        Case("softmax outputs under mse", [6], .meanSquaredError) {
            [Linear(8), ReLU(), Linear(5), Softmax()]
        },
        Case("weighted classes", [6], .crossEntropy(classWeights: [0.5, 2, 1, 0, 3])) {
            [Linear(8), Tanh(), Linear(5)]
        },
        Case(
            "weighted classes, smoothed labels, batch norm", [6],
            .crossEntropy(labelSmoothing: 0.2, classWeights: [0.5, 2, 1, 4, 3])
        ) { [Linear(8), BatchNormalization(), Tanh(), Linear(5)] },
        Case("hinge", [6], .hinge()) { [Linear(8), Tanh(), Linear(5)] },
        Case("huber on one-hot rows", [6], .huber(delta: 0.4)) { [Linear(8), Tanh(), Linear(5)] },
        Case("binary answers", [6], .binaryCrossEntropy(positiveWeights: [1, 2, 3, 4, 5])) {
            [Linear(8), Tanh(), Linear(5)]
        },
        Case("log-softmax outputs under mse", [6], .meanSquaredError) { [Linear(5), LogSoftmax()] },
    ]

    /// (examples, shards): S that divides, that does not, and more shards than examples.
    static let cuts = [(16, 1), (16, 4), (19, 8), (5, 8)]

    @Test(arguments: cases, cuts)
    func equalsInterpreter(_ test: Case, _ cut: (count: Int, shards: Int)) throws {
        // A shard of one row has no variance of its own.
        if test.testDescription == "batch norm per shard", cut.count < 2 * cut.shards { return }
        let batch = ReferenceShard.batch(count: cut.count, exampleShape: test.shape, classes: 5, seed: 3)
        let (features, labels) = try (#require(batch.features), #require(batch.labels))
        let data = try Dataset.test(features, labels, shape: test.shape)
        let harness = try ReplicaHarness(
            test.make(), data: data, loss: test.loss, rule: GradientRecorder(), batch: cut.count,
            shards: cut.shards,
            workers: 2, bucketBytes: 4096)
        let model = harness.model
        let result = try harness.step(0..<cut.count)

        var shard = batch
        shard.exampleIndices = ReferenceTensor([cut.count], (0..<cut.count).map(Double.init))
        shard.features = ReferenceTensor(features.shape, features.values.map { Double(Float($0)) })
        let sizes = (0..<cut.shards).map { ($0 + 1) * cut.count / cut.shards - $0 * cut.count / cut.shards }
        let interpreter = ReferenceInterpreter(dropoutKey: ReplicaHarness.dropoutKey)
        let expected = interpreter.run(shard.split(sizes), variables: model.referenceVariables(seed: 5)) {
            model.trainingGraph(count: $0)
        }
        let loss = expected[0][.report(.loss)].scalar
        #expect(abs(result.lossSum - loss) <= 2e-6 * max(1, abs(loss)))
        for (place, variable) in model.variables.enumerated() {
            let got = harness.state.value(place).map(Double.init)
            var wanted = ReferenceTensor(variable.shape, repeating: 0)
            if variable.isTrainable {
                for part in expected { wanted = wanted.combined(with: part[.gradient(parameter: place)], +) }
            } else {
                wanted = expected[0][.state(place)]
            }
            let scale = max(wanted.values.map(abs).max() ?? 0, 1e-3)
            let worst = zip(got, wanted.values).map { abs($0 - $1) }.max() ?? 0
            #expect(worst <= 2e-5 * scale, "\(variable.name): off by \(worst) at a scale of \(scale)")
        }
    }

    /// The comparison notices a wrong gradient: without synchronization batch norm gives others.
    @Test func noticesADifference() throws {
        let batch = ReferenceShard.batch(count: 16, exampleShape: [3, 4, 4], classes: 5, seed: 3)
        let (features, labels) = try (#require(batch.features), #require(batch.labels))
        let gradients = try [true, false].map { synchronized in
            let harness = try ReplicaHarness(
                [
                    Conv2d(16, kernel: 3, padding: 1), BatchNormalization(synchronized: synchronized), ReLU(),
                    Flatten(),
                    Linear(5),
                ] as Sequential, data: try Dataset.test(features, labels, shape: [3, 4, 4]),
                rule: GradientRecorder(),
                batch: 16, shards: 4)
            _ = try harness.step(0..<16)
            return try #require(harness.value("0.weight"))
        }
        let scale = gradients[0].map(abs).max() ?? 0
        let difference = zip(gradients[0], gradients[1]).map { abs($0 - $1) }.max() ?? 0
        #expect(difference > 1e-3 * scale)
    }
}

extension Dataset {
    /// Features and class labels of a reference batch.
    static func test(_ features: ReferenceTensor, _ labels: ReferenceTensor, shape: [Int]) throws -> Dataset {
        try Dataset(
            name: "test", features: features.values.map { Float($0) }, exampleShape: shape,
            labels: .classes(labels.values.map { Int32($0) }, count: 5))
    }
}
