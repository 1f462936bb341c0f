import Cluster
import DataParallel
import Datasets
import Layers

/// The plane of two of a model's outputs, whose other outputs are those at the weights.
public struct OutputPlane: Sendable, Equatable {
    /// The outputs that are a and b, from 0.
    public let outputs: [Int]
    /// The mean of each of the two over the examples, at the weights.
    public let means: [Double]
    /// What the model applies to its outputs before the loss: "softmax", "log_softmax", "sigmoid" or "tanh"; nil for none.
    public let end: String?
}

/// The loss as a function of two outputs, which are parameters of a model of the other outputs.
struct FoundOutputs {
    let plane: OutputPlane
    /// The model of outputs.
    let state: ModelState
    /// Its loss over the outputs of all examples.
    let objective: DatasetObjective
    private let outputs: ModelOutputs

    /// Computes the outputs at the weights, where `along` asks for a plane of two, which `check` has found to be
    /// there; nil otherwise. Collective over the cluster.
    ///
    /// - Parameters:
    ///   - objective: The loss of the whole model.
    ///   - batch: Examples of a mini-batch.
    init?(
        _ along: LandscapeDirections, _ loaded: LoadedModel, _ objective: DatasetObjective, batch: Int
    ) throws {
        guard case .outputs(let first, let second) = along else { return nil }
        let (cluster, model) = (loaded.cluster, loaded.model)
        let rows = objective.order.rows
        outputs = try loaded.progress.during("landscape: the outputs") {
            try ModelOutputs(
                cluster: cluster, state: loaded.state,
                order: EpochOrder(inOrder: rows.count, subset: rows, batchSize: batch),
                maker: objective.maker, shards: objective.shards, workers: objective.workers)
        }
        guard outputs.areFinite else {
            throw TrainingError(
                .diverged,
                "the model's outputs are not finite at these weights: use those of an earlier checkpoint")
        }
        plane = OutputPlane(
            outputs: [first, second], means: [outputs.means[first], outputs.means[second]],
            end: model.outputEnd?.rawValue)
        state = try ModelState(cluster: cluster, model: model.replacingOutputs(first, second))
        var own = objective
        own.maker = BatchMaker(
            examples: outputs.examples,
            scaling: FeatureScaling(unchanged: outputs.examples.layout.channels), kernels: cluster.kernels)
        self.objective = own
    }

    /// Throws where the model does not have the outputs that `along` names.
    static func check(_ along: LandscapeDirections, _ model: TracedModel) throws {
        guard case .outputs(let first, let second) = along, let problem = problem(along, model) else {
            return
        }
        throw TrainingError(
            .configuration, "--outputs \(first),\(second): \(problem.text): \(problem.advice)")
    }

    /// What is wrong with the outputs that `along` names, and what to do; nil where the model has them.
    static func problem(
        _ along: LandscapeDirections, _ model: TracedModel
    ) -> (text: String, advice: String)? {
        guard case .outputs(let first, let second) = along else { return nil }
        let shape = model.outputShape
        guard shape.count == 1 else {
            return ("the model ends with shape \(shape), not with a row of outputs", "give --along plane")
        }
        guard max(first, second) >= shape[0] else { return nil }
        return shape[0] == 1
            ? ("the model has a single output", "give --along plane")
            : ("the model has outputs 0 to \(shape[0] - 1)", "give two of these")
    }

    /// The directions a and b, by the variables of the model of outputs.
    static let directions: [[[Float]]] = [[[1], [0]], [[0], [1]]]

    /// Gives shared memory back; collective over the node.
    func free() throws {
        try state.free()
        try outputs.free()
    }
}
