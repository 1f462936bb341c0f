import Cluster
import DataParallel
import Datasets
import Layers

/// Checks of data and memory before a run.
extension RunPreparation {
    /// Throws if a target is outside the range that the loss can use.
    static func checkTargets(_ data: PreparedData, _ loss: Loss, _ cluster: Cluster) throws {
        guard let range = loss.function.targetRange else { return }
        // The ranks of a node share targets, so one of them checks.
        _ = try Agreement.onFirst(of: cluster.node, in: cluster.world) {
            for case let part? in [data.training, data.validation, data.test] {
                try ExampleChecks.targets(
                    of: part.dataset.examples, within: range, for: loss.name, in: part.dataset.source)
            }
            return true
        }
    }

    /// Throws, on one rank, unless there is room for what will be written: the copies of checkpoints, and the weights.
    static func checkRoomForFiles(_ replica: Replica, _ settings: TrainingSettings) throws {
        let state = replica.state
        let isRoot = replica.cluster.rank == 0
        let keepsBest = RunPolicy.watchedMetric(settings) != nil && isRoot
        // Weights are read and written as arrays, with a second copy of one variable at a time.
        let weights = (isRoot ? state.byteCount : 0) + state.largestByteCount
        if settings.isDryRun {
            return try replica.cluster.checkMemory(copies: weights, for: .model("the weights"))
        }
        let copies = CheckpointCopy.byteCount(of: replica) + (keepsBest ? state.byteCount : 0)
        try replica.cluster.checkMemory(
            copies: max(weights, copies), threads: keepsBest ? 2 : 1, for: .model("checkpoints"))
    }

    /// Throws if the model has more parameters than a run keeps at its steps.
    static func checkParameterLog(_ model: TracedModel, _ settings: TrainingSettings) throws {
        guard settings.parameterSteps != nil else { return }
        let count = model.parameterCount
        guard count <= ParameterLog.most else {
            throw TrainingError(
                .configuration,
                "logging.parameters keeps the parameters of models that have at most \(ParameterLog.most), this one has \(count): leave it out",
                about: .setting("logging.parameters"))
        }
    }

    /// Throws if a mini-batch of the run would leave batch norm a single value.
    static func checkBatchNorm(_ model: TracedModel, _ settings: TrainingSettings, _ plan: RunPlan) throws {
        for batch in Set(plan.batches).sorted() {
            for count in [batch, plan.examples % batch] where count > 0 {
                try Replica.check(model, batch: count, shards: settings.shardCount)
            }
        }
    }
}
