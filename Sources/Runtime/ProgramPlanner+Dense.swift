import CKernels
import COneDNN
import Graph

extension ProgramPlanner {
    /// Matrix products and what is fused with them.
    func emitDense(_ node: Graph.Node, _ index: Int) throws(RuntimeError) -> Bool {
        let result = Graph.Value(index)
        switch node.operation {
        case .matmul(let transposeA, let transposeB):
            let a = type(node.operands[0]).shape
            let shape = node.types[0].shape
            try emitMatmul(
                node, result, rows: shape[0], columns: shape[1], inner: transposeA ? a[0] : a[1],
                transposeA: transposeA, transposeB: transposeB, relu: false)
        case .linear(let relu):
            let x = type(node.operands[0]).shape
            try emitMatmul(
                node, result, rows: x[0], columns: node.types[0].shape[1], inner: x[1], transposeA: false,
                transposeB: true, relu: relu)
        case .biasAdd(let relu):
            try emitBiasAdd(node, result, relu: relu)
        default:
            return false
        }
        return true
    }

    private func emitMatmul(
        _ node: Graph.Node, _ result: Graph.Value, rows: Int, columns: Int, inner: Int, transposeA: Bool,
        transposeB: Bool, relu: Bool
    ) throws(RuntimeError) {
        let a = try plain(node.operands[0])
        let b = try plain(node.operands[1])
        let bias = node.operands.count == 3 ? try plain(node.operands[2]) : nil
        let c = define(result)
        let primitive = try Primitive.make("planning a \(rows) x \(columns) x \(inner) matrix product") {
            od_matmul_create(
                Int64(rows), Int64(columns), Int64(inner), transposeA, transposeB, bias != nil, relu, false,
                $0)
        }
        guard let primitive else {
            throw RuntimeError(description: "oneDNN has no matrix product for this shape")
        }
        var arguments: [(place: Int32, buffer: Int)] = [
            (Int32(OD_MATMUL_A), a), (Int32(OD_MATMUL_B), b), (Int32(OD_MATMUL_C), c),
        ]
        if let bias { arguments.append((Int32(OD_MATMUL_BIAS), bias)) }
        emitCall(
            "matmul", detail: "\(rows) x \(columns) x \(inner)", flops: 2 * rows * columns * inner, primitive,
            arguments: arguments, writes: [c])
    }

    private func emitBiasAdd(_ node: Graph.Node, _ result: Graph.Value, relu: Bool) throws(RuntimeError) {
        let kernels = kernels
        let shape = node.types[0].shape
        let layout = native(node.operands[0]).layout
        let bias = try plain(node.operands[1])
        let pixels = shape.dropFirst(2).reduce(1, *)
        guard case .blocked(let block) = layout else {
            let x = try plain(node.operands[0])
            let y = define(result)
            emit("bias", reads: [x, bias], writes: [y], inPlace: x) { frame in
                kernels.pointee.bias_add(
                    frame.floats(x), frame.floats(bias), Int64(shape[0]), Int64(shape[1]), Int64(pixels),
                    relu,
                    frame.floats(y))
            }
            return
        }
        // A blocked image is [N · blocks][pixels][block]: each block of channels is a bias on the last dimension.
        let x = native(node.operands[0]).buffer
        let y = define(result, layout)
        let blocks = (shape[1] + block - 1) / block
        emit("bias", reads: [x, bias], writes: [y], inPlace: x, scratch: block * MemoryLayout<Float>.size) {
            frame in
            let padded = frame.scratch.assumingMemoryBound(to: Float.self)
            for example in 0..<shape[0] {
                for channels in 0..<blocks {
                    let start = (example * blocks + channels) * pixels * block
                    for lane in 0..<block {
                        let channel = channels * block + lane
                        padded[lane] = channel < shape[1] ? frame.floats(bias)[channel] : 0
                    }
                    kernels.pointee.bias_add(
                        frame.floats(x) + start, padded, Int64(pixels), Int64(block), 1, relu,
                        frame.floats(y) + start)
                }
            }
        }
    }
}
