import CKernels
import Datasets
import GraphSupport
import Layers
import Optimizers
import ReplicaSupport
import Runtime

@testable import DataParallel

/// A run of the ten steps that PyTorch took, on one rank.
struct TorchTraining {
    /// An optimizer as README.md configures it.
    enum Optimizer: String, CaseIterable, Sendable {
        case sgd, adam

        func configuration() throws -> OptimizerConfiguration {
            switch self {
            case .sgd:
                try OptimizerConfiguration(
                    name: "sgd",
                    options: ["lr": .number(0.05), "momentum": .number(0.9), "weight_decay": .number(5e-4)])
            case .adam: try OptimizerConfiguration(name: "adam", options: ["lr": .number(1e-3)])
            }
        }
    }

    /// Each step's loss before its update.
    private(set) var losses: [Double] = []
    /// The first step's gradients, by variable.
    private(set) var firstGradients: [Int: ReferenceTensor] = [:]
    /// All variables after the last step, in the model's order.
    private(set) var values: [ReferenceTensor] = []
    /// The trained model's evaluation of the first mini-batch.
    private(set) var evaluationOutput = ReferenceTensor(0)
    private(set) var evaluationLoss = 0.0

    /// Trains `torchModel` from PyTorch's first values, mini-batches cut into `shards`.
    init(_ torchModel: TorchModel, _ optimizer: Optimizer, shards: Int, file: TorchFile) throws {
        let model = try torchModel.traced()
        let dataset = try file.dataset(torchModel)
        let configuration = try optimizer.configuration()
        prepareThreadForPrograms()
        let cluster = try TestCluster.get()
        // Small buckets, so that several are exchanged.
        let state = try ModelState(cluster: cluster, model: model, bucketBytes: 2048)
        defer { try? state.free() }
        try state.set(file.initialValues(model))
        let maker = BatchMaker(
            examples: dataset.examples, scaling: FeatureScaling(unchanged: dataset.layout.channels),
            kernels: cluster.kernels)
        let replica = try Replica(
            cluster: cluster, state: state,
            settings: ReplicaSettings(
                batch: TorchFile.batch, shards: shards, bucketBytes: 2048, rule: configuration.rule),
            training: maker)
        defer { try? replica.free() }
        let order = EpochOrder(inOrder: dataset.count, batchSize: TorchFile.batch)
        for step in 0..<TorchFile.batches {
            let result = try replica.step(
                TrainingStep(
                    [Batch(rows: order.rows[order.batch(step)])],
                    update: configuration.rule.scalars(
                        step: step + 1, learningRate: configuration.learningRate),
                    dropoutKey: dt_philox_key(word: (0, 0))))
            losses.append(result.lossSum / Double(result.count))
            if step == 0 { readGradients(replica) }
        }
        values = model.variables.enumerated().map { place, variable in
            ReferenceTensor(variable.shape, state.value(place).map(Double.init))
        }
        let evaluator = try Evaluator(
            cluster: cluster, state: state,
            order: EpochOrder(
                inOrder: dataset.count, subset: Array(0..<Int32(TorchFile.batch)), batchSize: TorchFile.batch),
            maker: maker, shards: shards, workers: nil)
        evaluationLoss = try evaluator.totals().loss
        var rows: [Float] = []
        try evaluator.predictions { rows += $0 }
        evaluationOutput = ReferenceTensor([TorchFile.batch, torchModel.outputs], rows.map(Double.init))
    }

    private mutating func readGradients(_ replica: Replica) {
        for entry in replica.state.layout.entries {
            let values = UnsafeBufferPointer(start: replica.gradients.sum + entry.offset, count: entry.count)
            firstGradients[entry.variable] = ReferenceTensor(
                replica.state.model.variables[entry.variable].shape, values.map(Double.init))
        }
    }
}
