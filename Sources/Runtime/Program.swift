import CKernels
import Graph

/// A graph planned for one shard size: kernels bound, layouts chosen, memory laid out. Immutable once planned.
package final class Program: @unchecked Sendable {
    /// One collective of the graph: what each shard contributes to it and where its results go.
    package struct Collective: Sendable {
        /// How contributions are combined.
        package enum Kind: Sendable, Equatable {
            /// Float32 gradients of a bucket of parameters, written where they are summed.
            case gradients(parameters: [Int])
            /// Float64 or Float32 vectors added element by element.
            case sum
            /// (count, mean, M2) vectors merged.
            case moments
        }
        package let kind: Kind
        /// The element type of the contributions.
        package let element: ElementType
        /// Bytes of a shard's contribution; 0 for gradients.
        package let byteCount: Int
        /// Whether a later stage reads the result.
        package let isRead: Bool
        /// What the sum is reported as, if at all.
        package let report: Graph.Report?
        /// Buffers of each shard that make up its contribution, in order, with their bytes.
        let sources: [(buffer: Int, byteCount: Int)]
        /// Where the result lies in the rank's memory for collective results.
        package let resultOffset: Int
    }

    /// Gradients of one bucket that become ready together and stand in it one behind the other.
    package struct GradientGroup: Sendable {
        /// The collective it belongs to.
        package let collective: Int
        /// Parameters in it, in order.
        package let parameters: [Int]
        /// Where each shard writes them.
        let buffers: [(buffer: Int, parameter: Int)]
    }

    /// Steps that run for every shard without waiting for anyone.
    package struct Part {
        let steps: [Step]
        /// Gradient groups that are complete when a shard has run this part.
        package let groups: [Int]
        /// Weight gradients that are computed once all local shards have run the part.
        package let joints: [JointGradient]
        /// Collectives that start when all local shards have run this part, in program order.
        package let collectives: [Int]
        /// Whether there is nothing to run and nothing to contribute.
        package var isEmpty: Bool { steps.isEmpty && joints.isEmpty && collectives.isEmpty }
    }

    /// What runs between collectives.
    package struct Stage {
        /// Collectives whose results this stage reads.
        package let awaits: [Int]
        /// What the rank runs once for all its shards before the parts.
        let uniform: [Step]
        /// The critical part and the fill part.
        package let parts: [Part]
    }

    package let stages: [Stage]
    /// All collectives in program order.
    package let collectives: [Collective]
    /// All gradient groups in the order they become ready.
    package let groups: [GradientGroup]
    /// Bytes of the memory each shard needs of its own.
    package let arenaBytes: Int
    /// Bytes of the memory of each shard that joint gradients read.
    package let keptBytes: Int
    /// Bytes of the memory all shards of a rank share.
    package let uniformBytes: Int
    /// Bytes of the results of collectives.
    package let collectiveBytes: Int
    /// Bytes of scratch memory each worker needs.
    package let scratchBytes: Int
    /// Next values of states, in buffers of the uniform memory.
    let stateUpdates: [(state: Int, buffer: Int, byteCount: Int)]
    /// Values read after a shard has run.
    let outputs: [(role: Graph.Output, buffer: Int, type: TensorType)]
    let buffers: [Buffer]
    /// Numbers of the buffers of joint gradients' operands.
    let keptBuffers: [Int]
    let primitives: [Primitive]
    /// A part of a stage.
    package typealias Place = (stage: Int, part: Schedule.Part)
    /// The first and the last part in which shards do anything.
    package let ends: (first: Place, last: Place)
    /// Buffer numbers of the inputs present.
    let inputs: [(input: GraphInput, buffer: Int)]

    init(
        stages: [Stage], collectives: [Collective], groups: [GradientGroup], arenaBytes: Int, keptBytes: Int,
        uniformBytes: Int, collectiveBytes: Int, scratchBytes: Int,
        stateUpdates: [(state: Int, buffer: Int, byteCount: Int)],
        outputs: [(role: Graph.Output, buffer: Int, type: TensorType)], buffers: [Buffer],
        primitives: [Primitive]
    ) {
        self.stages = stages
        let busy: [Place] = stages.indices.flatMap { stage in
            Schedule.Part.allCases.filter { !stages[stage].parts[$0.rawValue].isEmpty }.map { (stage, $0) }
        }
        ends = (busy.first ?? (0, .critical), busy.last ?? (0, .critical))
        self.collectives = collectives
        self.groups = groups
        self.arenaBytes = arenaBytes
        self.keptBytes = keptBytes
        self.uniformBytes = uniformBytes
        self.collectiveBytes = collectiveBytes
        self.scratchBytes = scratchBytes
        self.stateUpdates = stateUpdates
        self.outputs = outputs
        self.buffers = buffers
        keptBuffers = buffers.indices.filter { buffers[$0].home == .kept }
        self.primitives = primitives
        inputs = buffers.enumerated().compactMap { index, buffer in
            guard case .input(let input) = buffer.home else { return nil }
            return (input, index)
        }
    }

    /// Whether shards wait for one another, so that all local shards' memory is alive at once.
    package var hasBlockingCollectives: Bool { stages.count > 1 }
}
