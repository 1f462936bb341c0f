import CKernels
import Graph

extension ProgramPlanner {
    /// Layer and group norm and their gradients: every example has moments of its own.
    func emitNormalization(_ node: Graph.Node, _ index: Int) throws(RuntimeError) -> Bool {
        switch node.operation {
        case .layerNorm(let epsilon): try emitLayerNorm(node, index, epsilon)
        case .layerNormGradient(let epsilon): try emitLayerNormGradient(node, index, epsilon)
        case .groupNorm(let attributes): try emitGroupNorm(node, index, attributes)
        case .groupNormGradient(let attributes): try emitGroupNormGradient(node, index, attributes)
        default: return false
        }
        return true
    }

    private func emitLayerNorm(
        _ node: Graph.Node, _ index: Int, _ epsilon: Double
    ) throws(RuntimeError) {
        let kernels = kernels
        let (rows, columns) = rows(node)
        let x = try plain(node.operands[0])
        let weight = try plain(node.operands[1])
        let bias = try plain(node.operands[2])
        let y = define(Graph.Value(index))
        emit("layer norm", reads: [x, weight, bias], writes: [y], inPlace: x) { frame in
            kernels.pointee.layer_norm(
                frame.floats(x), frame.floats(weight), frame.floats(bias), epsilon, rows, columns,
                frame.floats(y))
        }
    }

    private func emitLayerNormGradient(
        _ node: Graph.Node, _ index: Int, _ epsilon: Double
    ) throws(RuntimeError) {
        let kernels = kernels
        let (rows, columns) = rows(node)
        let x = try plain(node.operands[0])
        let weight = try plain(node.operands[1])
        let dy = try plain(node.operands[3])
        let dx = define(Graph.Value(index))
        // A fixed weight of ones asks for no gradient, which would cost another pass.
        let uses = useCounts()[index]
        let isResult = graph.results.contains { $0.value.node == index && $0.value.output > 0 }
        let learns = uses[1] + uses[2] > 0 || isResult
        let parameters = learns ? [define(Graph.Value(index, 1)), define(Graph.Value(index, 2))] : []
        emit(
            "layer norm gradient", reads: [x, weight, dy], writes: [dx] + parameters,
            scratch: 3 * Int(rows) * MemoryLayout<Float>.size
        ) { frame in
            kernels.pointee.layer_norm_gradient(
                frame.floats(x), frame.floats(dy), frame.floats(weight), epsilon, rows, columns,
                frame.scratch.assumingMemoryBound(to: Float.self), frame.floats(dx),
                learns ? frame.floats(parameters[0]) : nil, learns ? frame.floats(parameters[1]) : nil)
        }
    }

    /// The extents of layer norm's operand as rows that are normalized one by one.
    private func rows(_ node: Graph.Node) -> (rows: Int64, columns: Int64) {
        let columns = type(node.operands[1]).count
        return (Int64(columns == 0 ? 0 : type(node.operands[0]).count / columns), Int64(columns))
    }

    private func emitGroupNorm(
        _ node: Graph.Node, _ index: Int, _ attributes: GroupNorm
    ) throws(RuntimeError) {
        let kernels = kernels
        let layout = imageLayout(node.operands[0])
        let l = activation(type(node.operands[0]), layout)
        let x = try buffer(node.operands[0], layout)
        let weight = try plain(node.operands[1])
        let bias = try plain(node.operands[2])
        let y = define(Graph.Value(index), layout)
        emit(
            "group norm", reads: [x, weight, bias], writes: [y], inPlace: x, scratch: groupNormScratch(l)
        ) { frame in
            kernels.pointee.group_norm(
                frame.floats(x), l, Int64(attributes.groups), frame.floats(weight), frame.floats(bias),
                attributes.epsilon, attributes.relu, frame.scratch.assumingMemoryBound(to: Double.self),
                frame.floats(y))
        }
    }

    private func emitGroupNormGradient(
        _ node: Graph.Node, _ index: Int, _ attributes: GroupNorm
    ) throws(RuntimeError) {
        let kernels = kernels
        let layout = imageLayout(node.operands[0])
        let l = activation(type(node.operands[0]), layout)
        let x = try buffer(node.operands[0], layout)
        let weight = try plain(node.operands[1])
        let bias = try plain(node.operands[2])
        let dy = try buffer(node.operands[3], layout)
        let dx = define(Graph.Value(index), layout)
        let dweight = define(Graph.Value(index, 1))
        let dbias = define(Graph.Value(index, 2))
        emit(
            "group norm gradient", reads: [x, weight, bias, dy], writes: [dx, dweight, dbias], inPlace: dy,
            scratch: groupNormScratch(l)
        ) { frame in
            kernels.pointee.group_norm_gradient(
                frame.floats(x), frame.floats(dy), l, Int64(attributes.groups), frame.floats(weight),
                frame.floats(bias), attributes.epsilon, attributes.relu,
                frame.scratch.assumingMemoryBound(to: Double.self), frame.floats(dx), frame.floats(dweight),
                frame.floats(dbias))
        }
    }

    private func groupNormScratch(_ l: dt_activation) -> Int {
        Int(dt_group_norm_scratch(l.c, paddedChannels(l))) * MemoryLayout<Double>.size
    }
}
