import CKernels
import Graph

/// The gradient of a dense layer's weights, computed for all of a rank's shards at once.
///
/// It is no step of a shard: each shard leaves its operands in its kept memory, and when all local shards have run the part,
/// the rank's workers share the rows of the gradient among them. A tile of the gradient is computed for every shard and
/// summed in tree order while it is in registers and cache, so that the sum is written once and no shard has a copy of its
/// own.
package struct JointGradient: @unchecked Sendable {
    /// The weights it belongs to, and the collective that sums it over ranks.
    package let parameter: Int
    package let collective: Int
    /// Rows and columns of the weights.
    package let rows: Int
    package let columns: Int
    /// Examples of the shards this program is for.
    package let examples: Int
    /// One shard's part of the work.
    package let description: StepDescription
    /// What the operands are stored as.
    private let element: ElementType
    /// Where a shard's output gradients, in `gradientLayout`, stand in its kept memory.
    let gradientOffset: Int
    /// Where its inputs stand there, in strips; nil if they are the shard's features, row by row.
    let inputOffset: Int?
    private let kernels: UnsafePointer<dt_kernels>

    /// A planned one, now that `buffers` have their places.
    init(_ planned: PlannedJoint, _ buffers: [Buffer], _ kernels: UnsafePointer<dt_kernels>) {
        parameter = planned.parameter
        collective = planned.collective
        rows = planned.rows
        columns = planned.columns
        examples = planned.examples
        element = planned.element
        description = planned.description
        gradientOffset = buffers[planned.gradient].offset
        inputOffset = buffers[planned.input].home == .kept ? buffers[planned.input].offset : nil
        self.kernels = kernels
    }

    /// The layout that output gradients are read in.
    static func gradientLayout(_ element: ElementType) -> Layout {
        element == .bfloat16 ? .transposed : .columns
    }

    /// Whether the ranks of a node may compute it together, each the rows that it sums: a shard keeps both operands, and there
    /// is enough to save that waiting for one another's operands pays.
    package var isForNode: Bool { inputOffset != nil && rows * columns >= 1 << 16 }

    /// A shard's operands, given its kept memory and, unless it keeps its inputs there, its features.
    package func operands(
        kept: UnsafeMutableRawPointer, features: UnsafeMutableRawPointer? = nil
    ) -> dt_dense_shard {
        let strip = Int64(Layout.stripWidth)
        let inStrips = inputOffset != nil
        guard let inputs = inputOffset.map({ kept + $0 }) ?? features else {
            preconditionFailure("a shard that does not keep its inputs has no features")
        }
        return dt_dense_shard(
            x: inputs.assumingMemoryBound(to: Float.self),
            dy: (kept + gradientOffset).assumingMemoryBound(to: Float.self), m: Int64(examples),
            row_stride: inStrips ? strip : Int64(columns),
            strip_stride: inStrips
                ? strip * Int64(element == .bfloat16 ? (examples + 1) / 2 : examples) : strip)
    }

    /// Computes rows of the gradient's sum over shards.
    ///
    /// - Parameters:
    ///   - shards: Each shard's operands.
    ///   - tree: The sum as a postfix program: s ≥ 0 pushes shard s, −1 adds the two topmost.
    ///   - range: The rows.
    ///   - target: The whole gradient, row-major.
    ///   - rounds: Whether shards' parts and sums are rounded to bfloat16.
    ///   - isReadElsewhere: Whether another process reads these rows next, so that they had better leave the caches.
    package func run(
        shards: UnsafeBufferPointer<dt_dense_shard>, tree: [Int32], rows range: Range<Int>,
        into target: UnsafeMutablePointer<Float>, rounds: Bool, isReadElsewhere: Bool
    ) {
        let gradient =
            element == .bfloat16
            ? kernels.pointee.dense_weight_gradient_bf16 : kernels.pointee.dense_weight_gradient
        gradient?(
            shards.baseAddress, tree, Int64(tree.count), Int64(range.lowerBound), Int64(range.upperBound),
            Int64(columns), rounds, isReadElsewhere, target)
    }
}

/// A joint gradient while its operands' places are not settled yet.
struct PlannedJoint {
    /// The part behind which it is computed.
    let stage: Int
    let part: Schedule.Part
    /// The buffers of output gradients and inputs.
    let gradient: Int
    let input: Int
    let parameter: Int
    let collective: Int
    let rows: Int
    let columns: Int
    let examples: Int
    let element: ElementType
    let description: StepDescription
}
