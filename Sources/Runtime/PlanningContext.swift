import CKernels
import Graph

/// What planning knows before the first step is made; nothing of it changes afterwards.
struct PlanningContext {
    let graph: Graph
    /// When each node runs.
    let schedule: Schedule
    /// Where gradients go.
    let gradients: GradientPlan
    /// Batch norms that one kernel computes together with the pooling behind them.
    let pooledBatchNorms: [PooledBatchNorm]
    /// Batch norms that one kernel computes together with the sum they alone go into.
    let addedBatchNorms: [AddedBatchNorm]
    /// The nodes that read each node, one entry for every operand.
    let readers: [[Int]]
    /// The vector loops of an instruction set.
    let kernels: UnsafePointer<dt_kernels>
    /// Bytes from the start of the parameters' or states' memory to each variable.
    let variableOffsets: [Int]

    /// The parameters, weights of dense layers, whose rounded forms are there before a program runs.
    let roundedWeights: Set<Int>

    /// Channels per block of image layouts on this instruction set.
    var channelBlock: Int { kernels.pointee.isa == DT_ISA_AVX512 ? 16 : 8 }

    init(_ graph: Graph, variableOffsets: [Int], roundedWeights: Set<Int>, kernels: UnsafePointer<dt_kernels>)
    {
        self.graph = graph
        self.roundedWeights = roundedWeights
        self.variableOffsets = variableOffsets
        self.kernels = kernels
        schedule = Schedule(graph)
        gradients = GradientPlan(graph, schedule, variableOffsets: variableOffsets)
        readers = graph.readers
        pooledBatchNorms = PooledBatchNorm.all(in: graph)
        addedBatchNorms = AddedBatchNorm.all(in: graph)
    }
}
