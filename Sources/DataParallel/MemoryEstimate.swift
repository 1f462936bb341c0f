import CKernels
import COneDNN
import Cluster
import Graph
import Layers
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

    /// Plans `model` for shards of `count` examples on this processor.
    package init(_ model: TracedModel, count: Int, stateArrays: Int) throws {
        od_set_thread()
        let kernels: UnsafePointer<dt_kernels> = dt_kernels_for(dt_isa_detect())
        let graph = model.trainingGraph(count: count).loweringBatchNorm()
        let schedule = Schedule(graph)
        let places = VariablePlaces(model, order: schedule.gradientOrder(of: graph), bucketBytes: 1 << 20)
        let program: Program
        do {
            program = try ProgramPlanner(
                graph.reducingGradients(in: places.layout.groups), variableOffsets: places.offsets,
                kernels: kernels
            ).plan()
        } catch {
            throw PlanningError(examples: count, error)
        }
        perShard = program.arenaBytes + program.keptBytes
        keepsAllShards = program.hasBlockingCollectives
        parameters = places.layout.elementCount * 4
        optimizerState = stateArrays * parameters
    }
}
