import CKernels
import Graph

extension ProgramPlanner {
    /// Pooling on images in the layout they come in.
    func emitPooling(_ node: Graph.Node, _ index: Int) throws(RuntimeError) -> Bool {
        let result = Graph.Value(index)
        let kernels = kernels
        switch node.operation {
        case .maxPool(let window):
            if try emitPooledBatchNorm(node, index, window) { break }
            let layout = imageLayout(node.operands[0])
            let (l, w) = try geometry(
                window, image: type(node.operands[0]).shape, output: node.types[0].shape, layout)
            let x = try buffer(node.operands[0], layout)
            let y = define(result, layout)
            let indices = define(Graph.Value(index, 1), layout)
            emit("max pool", reads: [x], writes: [y, indices]) { frame in
                kernels.pointee.max_pool(frame.floats(x), l, w, frame.floats(y), frame.bytes(indices))
            }
        case .maxPoolScatter(let window, _):
            // Left to the batch norm in front of the pooling.
            if fusesScatter(index) { break }
            // The layout of the indices decides: they are never converted.
            let (layout, indices) = native(node.operands[1])
            let (l, w) = try geometry(
                window, image: node.types[0].shape, output: type(node.operands[0]).shape, layout)
            let dy = try buffer(node.operands[0], layout)
            let dx = define(result, layout)
            emit("max pool gradient", reads: [dy, indices], writes: [dx]) { frame in
                kernels.pointee.max_pool_scatter(
                    frame.floats(dy), frame.bytes(indices), l, w, frame.floats(dx))
            }
        case .maxPoolGather(let window):
            let (layout, indices) = native(node.operands[1])
            let (l, w) = try geometry(
                window, image: type(node.operands[0]).shape, output: node.types[0].shape, layout)
            let x = try buffer(node.operands[0], layout)
            let y = define(result, layout)
            emit("max pool gather", reads: [x, indices], writes: [y]) { frame in
                kernels.pointee.max_pool_gather(frame.floats(x), frame.bytes(indices), l, w, frame.floats(y))
            }
        case .averagePool(let window):
            let layout = imageLayout(node.operands[0])
            let (l, w) = try geometry(
                window, image: type(node.operands[0]).shape, output: node.types[0].shape, layout)
            let x = try buffer(node.operands[0], layout)
            let y = define(result, layout)
            emit("average pool", reads: [x], writes: [y]) { frame in
                kernels.pointee.average_pool(frame.floats(x), l, w, frame.floats(y))
            }
        case .averagePoolScatter(let window, _):
            let layout = imageLayout(node.operands[0])
            let (l, w) = try geometry(
                window, image: node.types[0].shape, output: type(node.operands[0]).shape, layout)
            let dy = try buffer(node.operands[0], layout)
            let dx = define(result, layout)
            emit("average pool gradient", reads: [dy], writes: [dx]) { frame in
                kernels.pointee.average_pool_scatter(frame.floats(dy), l, w, frame.floats(dx))
            }
        default:
            return false
        }
        return true
    }

    /// The layout an image came in, if the vector loops read it.
    func imageLayout(_ value: Graph.Value) -> Layout {
        let layout = native(value).layout
        return layout.block == nil ? .plain : layout
    }

    /// How the vector loops count a pooling.
    func geometry(
        _ window: Window2d, image: [Int], output: [Int], _ layout: Layout
    ) throws(RuntimeError) -> (dt_activation, dt_window) {
        guard let block = layout.block else {
            throw RuntimeError(description: "pooling needs an image layout")
        }
        let activation = dt_activation(
            n: Int64(image[0]), c: Int64(image[1]), hw: Int64(image[2] * image[3]), block: Int64(block))
        let pooling = dt_window(
            h: Int64(image[2]), w: Int64(image[3]), oh: Int64(output[2]), ow: Int64(output[3]),
            kernel_h: Int64(window.kernel.height), kernel_w: Int64(window.kernel.width),
            stride_h: Int64(window.stride.height), stride_w: Int64(window.stride.width),
            padding_h: Int64(window.padding.height), padding_w: Int64(window.padding.width))
        return (activation, pooling)
    }
}
