import CKernels
import Cluster
import Layers

/// The weights of dense layers as products of bfloat16 numbers read them, once per node: each rank rounds and packs the
/// slices that it updates, while they are in its caches.
///
/// Rows of the rounded weights lie at half the place of the parameters, and so do the panels that input gradients read.
final class RoundedWeights {
    /// The parameters that have such forms: matrices of even extents, whose forms take half of their memory.
    let variables: Set<Int>
    /// How often parameters had been set from outside training when the forms were last made of all of them; nil before.
    private var version: Int?
    private let cluster: Cluster
    private let layout: ParameterLayout
    private let parameters: UnsafeMutablePointer<Float>
    private let memory: NodeMemory
    private let matrices: [Matrix]
    /// Pairs of rows that several slices have elements of.
    private let edges: [(matrix: Int, pair: Int)]

    private struct Matrix {
        let offset: Int
        let rows: Int
        let columns: Int

        /// The pairs of rows that lie in a range of elements as a whole.
        func pairs(inside elements: Range<Int>) -> Range<Int> {
            let own = (offset..<offset + rows * columns).clamped(to: elements)
            guard !own.isEmpty else { return 0..<0 }
            let pair = 2 * columns
            let first = (own.lowerBound - offset + pair - 1) / pair
            return first..<max(first, (own.upperBound - offset) / pair)
        }
    }

    /// Memory for the rounded weights of `model`, whose parameters `memory` holds; collective over the cluster.
    init(
        cluster: Cluster, model: TracedModel, layout: ParameterLayout, parameters: UnsafeMutablePointer<Float>
    ) throws {
        self.cluster = cluster
        self.layout = layout
        self.parameters = parameters
        let variables = Self.variables(of: model)
        self.variables = variables
        let matrices = layout.entries.filter { variables.contains($0.variable) }.map { entry in
            let shape = model.variables[entry.variable].shape
            return Matrix(offset: entry.offset, rows: shape[0], columns: shape[1])
        }
        self.matrices = matrices
        let ends = layout.buckets.indices.flatMap { bucket in
            (0..<cluster.size).map { layout.slice($0, of: cluster.size, bucket: bucket).elements.upperBound }
        }
        edges = matrices.enumerated().flatMap { number, matrix in
            let (start, pair) = (matrix.offset, 2 * matrix.columns)
            let inside = ends.filter { start < $0 && $0 < start + matrix.rows * matrix.columns }
            return Set(inside.filter { ($0 - start) % pair != 0 }.map { ($0 - start) / pair }).sorted()
                .map { (number, $0) }
        }
        memory = try NodeMemory(
            byteCount: max(64, layout.elementCount * 4), for: .model("the weights"), on: cluster)
    }

    /// The parameters of a model that have such forms.
    static func variables(of model: TracedModel) -> Set<Int> {
        Set(
            model.variables.indices.filter {
                let variable = model.variables[$0]
                return variable.isTrainable && variable.shape.count == 2
                    && variable.shape.allSatisfy { $0 % 2 == 0 }
            })
    }

    /// Gives the node's memory back; collective over the node.
    func free() throws { try memory.free() }

    /// Where programs read the forms.
    var pointers: (rows: UnsafeMutableRawPointer, panels: UnsafeMutableRawPointer) {
        (memory.base, memory.base + layout.elementCount * 2)
    }

    /// Rounds parameters that this rank has just updated.
    func round(_ elements: Range<Int>) {
        cluster.kernels.pointee.to_bf16(
            Int64(elements.count), parameters + elements.lowerBound, rows + elements.lowerBound)
    }

    /// Packs what lies in rounded elements of this rank.
    func pack(_ elements: Range<Int>) {
        for matrix in matrices { pack(matrix, matrix.pairs(inside: elements)) }
    }

    /// Packs the rows that several ranks have updated, once all of them have: every rank writes the same there, before it reads
    /// it.
    func packEdges() {
        for (matrix, pair) in edges { pack(matrices[matrix], pair..<pair + 1) }
    }

    /// Makes all forms anew if parameters were set since; collective over the node where they were, which all ranks know.
    func refresh(version: Int) throws {
        guard self.version != version else { return }
        self.version = version
        // Each rank the elements from one place to the next, whole pairs of rows or nothing of any matrix's edge.
        let (rank, ranks) = (cluster.node.rank, cluster.node.size)
        try cluster.node.barrier()
        for matrix in matrices {
            let pairs = matrix.rows / 2
            let own = pairs * rank / ranks..<pairs * (rank + 1) / ranks
            let start = matrix.offset
            round(start + own.lowerBound * 2 * matrix.columns..<start + own.upperBound * 2 * matrix.columns)
            pack(matrix, own)
        }
        try cluster.node.barrier()
    }

    /// Says that parameters were changed on other nodes.
    func forget() { version = nil }

    private func pack(_ matrix: Matrix, _ pairs: Range<Int>) {
        guard !pairs.isEmpty else { return }
        cluster.kernels.pointee.pack_weights(
            rows + matrix.offset, Int64(matrix.rows), Int64(matrix.columns), Int64(pairs.lowerBound),
            Int64(pairs.upperBound), panels + matrix.offset)
    }

    private var rows: UnsafeMutablePointer<UInt16> { pointers.rows.assumingMemoryBound(to: UInt16.self) }
    private var panels: UnsafeMutablePointer<UInt16> { pointers.panels.assumingMemoryBound(to: UInt16.self) }
}
