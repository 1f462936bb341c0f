import CKernels
import Graph

/// Batch norm that only a max pooling reads: both are computed in one kernel, and so are their gradients, so that the
/// large image between them is never written.
struct PooledBatchNorm {
    /// The batch norm's node, its attributes, and its operands (x, moments, weight, bias).
    let apply: Int
    let attributes: BatchNorm
    let operands: [Graph.Value]
    /// The pooling's node, its window and the shape of its result.
    let pool: Int
    let window: Window2d
    let pooledShape: [Int]
    /// The scatter of the pooling's gradient, if it alone goes back into the batch norm.
    let scatter: Int?

    /// The pairs of a graph; whether a pair's layout suits is only known when it is bound.
    static func all(in graph: Graph) -> [PooledBatchNorm] {
        let readers = graph.readers
        let isResult = Set(graph.results.map(\.value.node))
        return graph.nodes.indices.compactMap { apply in
            let node = graph.nodes[apply]
            guard case .batchNormalization(.batchNormApply(let attributes)) = node.operation,
                !isResult.contains(apply), readers[apply].count == 1, let pool = readers[apply].first,
                case .pooling(.maxPool(let window)) = graph.nodes[pool].operation
            else { return nil }
            let scatters = readers[pool].filter {
                guard case .pooling(.maxPoolScatter) = graph.nodes[$0].operation, !isResult.contains($0)
                else { return false }
                return graph.nodes[$0].operands[1] == Graph.Value(pool, 1)
                    && readers[$0].allSatisfy { isGradient(graph.nodes[$0], of: node.operands[0]) }
            }
            return PooledBatchNorm(
                apply: apply, attributes: attributes, operands: node.operands, pool: pool, window: window,
                pooledShape: graph.nodes[pool].types[0].shape,
                scatter: scatters.count == 1 ? scatters[0] : nil)
        }
    }

    private static func isGradient(_ node: Graph.Node, of x: Graph.Value) -> Bool {
        switch node.operation {
        case .batchNormalization(.batchNormGradientSums), .batchNormalization(.batchNormInputGradient):
            node.operands[0] == x
        default: false
        }
    }

    /// How the vector loops count the image and the pooling.
    func counts(_ builder: ProgramBuilder) throws(RuntimeError) -> (dt_activation, dt_window) {
        let x = operands[0]
        return try window.counts(
            image: builder.type(x), output: pooledShape, builder.imageLayout(x))
    }

    fileprivate func suits(_ builder: ProgramBuilder) -> Bool {
        guard let (l, w) = try? counts(builder) else { return false }
        return builder.kernels.pointee.batch_norm_max_pool_fits(l, w)
    }
}

extension Graph {
    /// The nodes that read each node, one entry for every operand.
    var readers: [[Int]] {
        var readers: [[Int]] = Array(repeating: [], count: nodes.count)
        for (index, node) in nodes.enumerated() {
            for operand in node.operands { readers[operand.node].append(index) }
        }
        return readers
    }
}

extension Site {
    /// The first pair that `matches` and whose layout suits the kernel.
    func pooledBatchNorm(where matches: (PooledBatchNorm) -> Bool) -> PooledBatchNorm? {
        context.pooledBatchNorms.first { matches($0) && $0.suits(builder) }
    }
}

extension PoolingBinder {
    /// The pooling of a batch norm, and the batch norm.
    func bindPooled(_ pair: PooledBatchNorm) throws(RuntimeError) {
        let kernels = kernels
        let (l, w) = try pair.counts(builder)
        let layout = builder.imageLayout(pair.operands[0])
        let x = try builder.buffer(pair.operands[0], layout)
        let coefficients = try Coefficients(builder, pair.operands, l, pair.attributes.epsilon)
        let y = define(layout)
        let indices = define(layout, result: 1)
        builder.emit(
            "batch norm, max pool", reads: [x] + coefficients.reads, writes: [y, indices],
            scratch: coefficients.byteCount
        ) { [relu = pair.attributes.relu] frame in
            kernels.pointee.batch_norm_max_pool(
                frame.floats(x), l, w, coefficients.compute(frame), relu, frame.floats(y),
                frame.bytes(indices))
        }
    }
}

extension BatchNormalizationBinder {
    /// What goes back through a fused pooling into a batch norm's gradient: the gradient of the pooled image and the
    /// winners of its windows.
    private typealias PooledGradient = (l: dt_activation, w: dt_window, dy: Int, indices: Int)

    private func pooledGradient() throws(RuntimeError) -> PooledGradient? {
        let dy = node.operands[4].node
        guard let pair = site.pooledBatchNorm(where: { $0.scatter == dy }) else { return nil }
        let (l, w) = try pair.counts(builder)
        let (layout, indices) = builder.native(Graph.Value(pair.pool, 1))
        return (l, w, try builder.buffer(site.context.graph.nodes[dy].operands[0], layout), indices)
    }

    /// Gradient sums from the gradient behind the pooling; false where they are not fused.
    func bindPooledSums(_ attributes: BatchNorm) throws(RuntimeError) -> Bool {
        guard let (l, w, dy, indices) = try pooledGradient() else { return false }
        let kernels = kernels
        let x = try buffer(0, imageLayout(0))
        let sums = define()
        let coefficients = try Coefficients(builder, node.operands, l, attributes.epsilon)
        builder.emit(
            "batch norm, max pool sums", reads: [x, dy, indices] + coefficients.reads, writes: [sums],
            scratch: coefficients.byteCount
        ) { frame in
            kernels.pointee.batch_norm_max_pool_gradient_sums(
                frame.floats(x), frame.floats(dy), frame.bytes(indices), l, w, coefficients.compute(frame),
                attributes.relu, frame.doubles(sums))
        }
        return true
    }

    /// The input gradient from the gradient behind the pooling; false where it is not fused.
    func bindPooledInputGradient(_ attributes: BatchNorm) throws(RuntimeError) -> Bool {
        guard let (l, w, dy, indices) = try pooledGradient() else { return false }
        let kernels = kernels
        let layout = imageLayout(0)
        let x = try buffer(0, layout)
        let sums = try plain(5)
        let moments = try plain(1)
        let dx = define(layout)
        let coefficients = try Coefficients(builder, node.operands, l, attributes.epsilon)
        let padded = l.paddedChannels
        builder.emit(
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
