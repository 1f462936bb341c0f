import CKernels
import COneDNN
import Cluster
import Graph
import Layers
import Optimizers
import Runtime

/// The memory that training takes, from a plan that is not run.
package struct MemoryEstimate: Sendable {
    /// Bytes of activations and temporary values of one shard.
    package let perShard: Int
    /// Whether all shards of a rank are in memory at the same time, as batch norm across shards requires.
    package let keepsAllShards: Bool
    /// Bytes of parameters, once per node.
    package let parameters: Int
    /// Bytes of optimizer state: once per node or, if sharded, once over all ranks of the job.
    package let optimizerState: Int
    /// What steps of Newton's method take beside; nil of other steps.
    package let newton: Newton?

    /// What steps of Newton's method take.
    package struct Newton: Sendable {
        /// Bytes of activations and intermediate values of one shard, of products with the Hessian and losses at trials.
        package let perShard: Int
        /// Bytes of vectors of the parameters' size, over all ranks of the job together, and what Lanczos's method adds at
        /// most.
        package let vectors: Int
        package let basis: Int
        /// Floating-point operations of a product with the Hessian of one example, and how many a step takes at most.
        package let flops: Int
        package let products: Int
    }

    /// Plans `model` for shards of `count` examples on this processor.
    ///
    /// - Parameter rule: How gradients change parameters.
    package init(_ model: TracedModel, count: Int, rule: any UpdateRule) throws {
        od_set_thread()
        let kernels: UnsafePointer<dt_kernels> = dt_kernels_for(dt_isa_detect())
        let graph = model.trainingGraph(count: count).loweringBatchNorm()
        let schedule = Schedule(graph)
        let places = VariablePlaces(model, order: schedule.gradientOrder(of: graph), bucketBytes: 1 << 20)
        func plan(_ graph: Graph) throws -> Program {
            do {
                return try ProgramPlanner(graph, variableOffsets: places.offsets, kernels: kernels).plan()
            } catch {
                throw PlanningError(examples: count, error)
            }
        }
        let program = try plan(graph.reducingGradients(in: places.layout.groups))
        perShard = program.arenaBytes + program.keptBytes
        keepsAllShards = program.hasBlockingCollectives
        parameters = places.layout.elementCount * 4
        optimizerState = rule.stateNames.count * parameters
        newton = try (rule as? NewtonCG).map { rule in
            let inputs = model.inputTypes(count: count)
            let product = model.hessianProductGraph(inputs)
            let loss = model.lossGraph(inputs, TracedModel.ObjectiveMode(), updatesStates: true)
            let programs = try [
                plan(product.reducingGradients(in: places.layout.groups)), plan(loss.loweringBatchNorm()),
            ]
            return Newton(
                perShard: programs.reduce(0) { $0 + $1.arenaBytes + $1.keptBytes },
                vectors: NewtonStepper.bytesPerParameter * places.layout.elementCount,
                basis: rule.iterations * places.layout.elementCount * 4, flops: product.flops / count,
                products: rule.iterations)
        }
    }
}
