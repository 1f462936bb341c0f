import CKernels
import Graph

/// Batch norm that only a max pooling reads: both in one kernel, and their gradients, so that the large image between
/// them is never written.
extension ProgramPlanner {
    /// The pooling that alone reads a batch norm, and the scatter of its gradient that alone goes back into it.
    struct PooledBatchNorm {
        let apply: Int
        let pool: Int
        let scatter: Int?
    }

    /// The pairs of a graph; whether a pair's layout suits is only known when it is planned.
    static func pooledBatchNorms(of graph: Graph) -> [PooledBatchNorm] {
        var readers: [[Int]] = Array(repeating: [], count: graph.nodes.count)
        for (index, node) in graph.nodes.enumerated() {
            for operand in node.operands { readers[operand.node].append(index) }
        }
        let isResult = Set(graph.results.map(\.value.node))
        return graph.nodes.indices.compactMap { apply in
            guard case .batchNormApply = graph.nodes[apply].operation, !isResult.contains(apply),
                readers[apply].count == 1, case .maxPool = graph.nodes[readers[apply][0]].operation
            else { return nil }
            let pool = readers[apply][0]
            let x = graph.nodes[apply].operands[0]
            let scatters = readers[pool].filter {
                guard case .maxPoolScatter = graph.nodes[$0].operation, !isResult.contains($0) else {
                    return false
                }
                return graph.nodes[$0].operands[1] == Graph.Value(pool, 1)
                    && readers[$0].allSatisfy { isGradient($0, of: x, in: graph) }
            }
            return PooledBatchNorm(apply: apply, pool: pool, scatter: scatters.count == 1 ? scatters[0] : nil)
        }
    }

    private static func isGradient(_ node: Int, of x: Graph.Value, in graph: Graph) -> Bool {
        switch graph.nodes[node].operation {
        case .batchNormGradientSums, .batchNormInputGradient: graph.nodes[node].operands[0] == x
        default: false
        }
    }

    /// Whether a batch norm is computed by the pooling that follows.
    func fusesPooling(of apply: Int) -> Bool {
        pooledBatchNorms.contains { $0.apply == apply && suits($0) }
    }

    /// Whether a pooling's gradient is scattered by the batch norm in front of it.
    func fusesScatter(_ scatter: Int) -> Bool {
        pooledBatchNorms.contains { $0.scatter == scatter && suits($0) }
    }

    private func suits(_ pair: PooledBatchNorm) -> Bool {
        guard let (l, w) = try? geometry(of: pair) else { return false }
        return kernels.pointee.batch_norm_max_pool_fits(l, w)
    }

    private func geometry(of pair: PooledBatchNorm) throws(RuntimeError) -> (dt_activation, dt_window) {
        let pool = graph.nodes[pair.pool]
        guard case .maxPool(let window) = pool.operation else {
            throw RuntimeError(description: "node \(pair.pool) is no pooling")
        }
        let x = graph.nodes[pair.apply].operands[0]
        return try geometry(window, image: type(x).shape, output: pool.types[0].shape, imageLayout(x))
    }

    /// The pooling of a batch norm, where both are one; false where they are not.
    func emitPooledBatchNorm(
        _ node: Graph.Node, _ index: Int, _ window: Window2d
    ) throws(RuntimeError) -> Bool {
        guard let pair = pooledBatchNorms.first(where: { $0.pool == index }), suits(pair),
            case .batchNormApply(let attributes) = graph.nodes[pair.apply].operation
        else { return false }
        let kernels = kernels
        let operands = graph.nodes[pair.apply].operands
        let (l, w) = try geometry(of: pair)
        let layout = imageLayout(operands[0])
        let x = try buffer(operands[0], layout)
        let coefficients = try Coefficients(self, operands, l, attributes.epsilon)
        let y = define(Graph.Value(index), layout)
        let indices = define(Graph.Value(index, 1), layout)
        emit(
            "batch norm, max pool", reads: [x] + coefficients.reads, writes: [y, indices],
            scratch: coefficients.byteCount
        ) { frame in
            kernels.pointee.batch_norm_max_pool(
                frame.floats(x), l, w, coefficients.compute(frame), attributes.relu, frame.floats(y),
                frame.bytes(indices))
        }
        return true
    }

    /// What goes back through a fused pooling into a batch norm's gradient: the gradient of the pooled image and the
    /// winners of its windows.
    private func pooledGradient(
        _ node: Graph.Node
    ) throws(RuntimeError) -> (l: dt_activation, w: dt_window, dy: Int, indices: Int)? {
        let dy = node.operands[4]
        guard let pair = pooledBatchNorms.first(where: { $0.scatter == dy.node }), suits(pair) else {
            return nil
        }
        let (l, w) = try geometry(of: pair)
        let (layout, indices) = native(Graph.Value(pair.pool, 1))
        return (l, w, try buffer(graph.nodes[dy.node].operands[0], layout), indices)
    }

    /// Gradient sums of a batch norm from the gradient behind its pooling; false where they are not fused.
    func emitPooledSums(
        _ node: Graph.Node, _ result: Graph.Value, _ attributes: BatchNorm
    ) throws(RuntimeError) -> Bool {
        guard let (l, w, dy, indices) = try pooledGradient(node) else { return false }
        let kernels = kernels
        let x = try buffer(node.operands[0], imageLayout(node.operands[0]))
        let sums = define(result)
        let coefficients = try Coefficients(self, node.operands, l, attributes.epsilon)
        emit(
            "batch norm, max pool sums", reads: [x, dy, indices] + coefficients.reads, writes: [sums],
            scratch: coefficients.byteCount
        ) { frame in
            kernels.pointee.batch_norm_max_pool_gradient_sums(
                frame.floats(x), frame.floats(dy), frame.bytes(indices), l, w, coefficients.compute(frame),
                attributes.relu, frame.doubles(sums))
        }
        return true
    }

    /// The input gradient of a batch norm from the gradient behind its pooling; false where it is not fused.
    func emitPooledInputGradient(
        _ node: Graph.Node, _ result: Graph.Value, _ attributes: BatchNorm
    ) throws(RuntimeError) -> Bool {
        guard let (l, w, dy, indices) = try pooledGradient(node) else { return false }
        let kernels = kernels
        let layout = imageLayout(node.operands[0])
        let x = try buffer(node.operands[0], layout)
        let sums = try plain(node.operands[5])
        let moments = try plain(node.operands[1])
        let dx = define(result, layout)
        let coefficients = try Coefficients(self, node.operands, l, attributes.epsilon)
        let padded = paddedChannels(l)
        emit(
            "batch norm, max pool gradient", reads: [x, dy, indices, sums] + coefficients.reads, writes: [dx],
            inPlace: x, scratch: coefficients.byteCount + 2 * Int(padded) * MemoryLayout<Float>.size
        ) { frame in
            let c = coefficients.compute(frame)
            let means = c + 5 * Int(padded)
            kernels.pointee.batch_norm_gradient_means(
                frame.doubles(sums), frame.doubles(moments)[0], l.c, padded, means)
            kernels.pointee.batch_norm_max_pool_gradient(
                frame.floats(x), frame.floats(dy), frame.bytes(indices), l, w, c, means, attributes.relu,
                frame.floats(dx))
        }
        return true
    }
}
