import CKernels
import COneDNN
import Graph

/// Dense layers: our own kernels for products with weights, oneDNN for any other product.
extension ProgramPlanner {
    /// Matrix products and what is fused with them.
    func emitDense(_ node: Graph.Node, _ index: Int) throws(RuntimeError) -> Bool {
        let result = Graph.Value(index)
        switch node.operation {
        case .linear(let relu):
            try emitLinear(node, result, relu: relu)
        case .matmul(transposeA: false, transposeB: false) where isWeight(node.operands[1]):
            try emitInputGradient(node, result)
        case .matmul(transposeA: true, transposeB: false) where isDenseWeightGradient(result):
            try emitWeightGradient(node, result)
        case .matmul(let transposeA, let transposeB):
            try emitMatmul(node, result, transposeA: transposeA, transposeB: transposeB)
        case .biasAdd(let relu):
            try emitBiasAdd(node, result, relu: relu)
        default:
            return false
        }
        return true
    }

    private func emitLinear(
        _ node: Graph.Node, _ result: Graph.Value, relu: Bool
    ) throws(RuntimeError) {
        let kernels = kernels
        let (m, k, n) = (
            type(node.operands[0]).shape[0], type(node.operands[0]).shape[1], node.types[0].shape[1]
        )
        let x = try buffer(node.operands[0], .columns)
        let w = try plain(node.operands[1])
        let bias = node.operands.count == 3 ? try plain(node.operands[2]) : nil
        let y = define(result, .columns)
        emit(
            "linear", detail: "\(m) x \(k) to \(n)", flops: 2 * m * n * k,
            reads: [x, w] + (bias.map { [$0] } ?? []), writes: [y]
        ) { frame in
            kernels.pointee.dense_forward(
                frame.floats(x), frame.floats(w), bias.map { frame.floats($0) }, Int64(m), Int64(n), Int64(k),
                relu, frame.floats(y))
        }
    }

    /// dx = dy · w.
    private func emitInputGradient(_ node: Graph.Node, _ result: Graph.Value) throws(RuntimeError) {
        let kernels = kernels
        let (m, n, k) = (
            type(node.operands[0]).shape[0], type(node.operands[0]).shape[1], node.types[0].shape[1]
        )
        let dy = try buffer(node.operands[0], .columns)
        let w = try plain(node.operands[1])
        let dx = define(result, .columns)
        emit(
            "linear input gradient", detail: "\(m) x \(n) to \(k)", flops: 2 * m * n * k, reads: [dy, w],
            writes: [dx]
        ) { frame in
            kernels.pointee.dense_input_gradient(
                frame.floats(dy), frame.floats(w), Int64(m), Int64(n), Int64(k), frame.floats(dx))
        }
    }

    /// dw = dyᵀ · x: for all local shards together where it is only summed over shards.
    private func emitWeightGradient(_ node: Graph.Node, _ result: Graph.Value) throws(RuntimeError) {
        let kernels = kernels
        let (m, n, k) = (type(node.operands[0]).shape[0], node.types[0].shape[0], node.types[0].shape[1])
        let dy = try buffer(node.operands[0], .columns)
        let x = try weightGradientInput(node.operands[1], isJoint: jointNodes[result.node] != nil)
        let name = "linear weight gradient"
        let detail = "\(m) x \(k) to \(n)"
        let flops = 2 * m * n * k
        if let (parameter, collective) = jointNodes[result.node] {
            pendingJoints.append(
                PendingJoint(
                    stage: position.stage, part: position.part, gradient: dy, input: x, parameter: parameter,
                    collective: collective, rows: n, columns: k, examples: m,
                    description: StepDescription(
                        name: name, detail: detail, flops: flops,
                        byteCount: (m * (n + k) + n * k) * MemoryLayout<Float>.size)))
            return
        }
        let dw = define(result)
        emit(name, detail: detail, flops: flops, reads: [dy, x], writes: [dw]) { frame in
            let strip = Self.stripWidth
            var shard = dt_dense_shard(
                x: frame.floats(x), dy: frame.floats(dy), m: Int64(m), row_stride: Int64(strip),
                strip_stride: Int64(strip * m))
            var push: Int32 = 0
            kernels.pointee.dense_weight_gradient(
                &shard, &push, 1, 0, Int64(n), Int64(k), false, false, frame.floats(dw))
        }
    }

    /// Columns of a strip.
    static var stripWidth: Int { 32 }

    /// The inputs of a weight gradient: in strips, unless they are the shard's features and can be read row by row,
    /// which takes whole vectors of columns and rows that do not all fall into one set of a cache.
    private func weightGradientInput(_ x: Graph.Value, isJoint: Bool) throws(RuntimeError) -> Int {
        let columns = type(x).shape[1]
        let known = native(x)
        if isJoint, known.layout == .plain, buffers[known.buffer].home == .input(.features),
            columns % 16 == 0,
            columns % 1024 != 0
        {
            return known.buffer
        }
        return try buffer(x, .strips)
    }

    /// A joint gradient while it is planned: its operands' places are not settled yet.
    struct PendingJoint {
        let stage: Int
        let part: Schedule.Part
        let gradient: Int
        let input: Int
        let parameter: Int
        let collective: Int
        let rows: Int
        let columns: Int
        let examples: Int
        let description: StepDescription
    }

    /// The joint gradients of a part, once memory is laid out.
    func joints(stage: Int, part: Schedule.Part) -> [JointGradient] {
        pendingJoints.filter { $0.stage == stage && $0.part == part }.map { joint in
            JointGradient(
                parameter: joint.parameter, collective: joint.collective, rows: joint.rows,
                columns: joint.columns, examples: joint.examples, description: joint.description,
                gradientOffset: buffers[joint.gradient].offset,
                inputOffset: buffers[joint.input].home == .kept ? buffers[joint.input].offset : nil,

                kernels: kernels)
        }
    }

    /// db = Σ dy over examples, where dy stands in columns; false where it does not.
    func emitColumnSum(_ node: Graph.Node, _ result: Graph.Value, axes: [Int]) throws(RuntimeError) -> Bool {
        let operand = node.operands[0]
        guard axes == [0], native(operand).layout == .columns else { return false }
        let kernels = kernels
        let shape = type(operand).shape
        let x = native(operand).buffer
        let y = define(result)
        emit("sum", reads: [x], writes: [y]) { frame in
            kernels.pointee.dense_bias_gradient(
                frame.floats(x), Int64(shape[0]), Int64(shape[1]), frame.floats(y))
        }
        return true
    }

    /// Whether a layout is one of dense layers'.
    func isDense(_ layout: Layout) -> Bool { layout == .columns || layout == .strips }

    /// The buffer of a matrix in a layout of dense layers, or back from one in row-major order.
    func denseBuffer(_ value: Graph.Value, _ layout: Layout) throws(RuntimeError) -> Int {
        let kernels = kernels
        let source: (layout: Layout, buffer: Int) =
            native(value).layout == .columns ? native(value) : (.plain, try plain(value))
        let (m, k) = (Int64(type(value).shape[0]), Int64(type(value).shape[1]))
        let (x, target) = (source.buffer, newBuffer(home(value, layout), layout.byteCount(type(value))))
        let isUniform = schedule.isUniform[value.node]
        let name: String
        let convert:
            (@convention(c) (UnsafePointer<Float>?, Int64, Int64, UnsafeMutablePointer<Float>?) -> Void)?
        switch (source.layout, layout) {
        case (.plain, .columns): (name, convert) = ("rows to columns", kernels.pointee.rows_to_columns)
        case (.plain, .strips): (name, convert) = ("rows to strips", kernels.pointee.rows_to_strips)
        case (.columns, .plain): (name, convert) = ("columns to rows", kernels.pointee.columns_to_rows)
        case (.columns, .strips): (name, convert) = ("columns to strips", kernels.pointee.columns_to_strips)
        case let (from, to):
            throw RuntimeError(description: "no conversion between layouts \(from) and \(to)")
        }
        emit(name, reads: [x], writes: [target], uniform: isUniform) { frame in
            convert?(frame.floats(x), m, k, frame.floats(target))
        }
        versions[value.node][value.output].append((layout, target))
        return target
    }

    /// Whether a value is a weight: a parameter, or what is computed of parameters once for all shards.
    private func isWeight(_ value: Graph.Value) -> Bool { schedule.isUniform[value.node] }

    /// Whether a value is the product dyᵀ · x of matrices that every shard has of its own.
    func isDenseWeightGradient(_ value: Graph.Value) -> Bool {
        let node = graph.nodes[value.node]
        guard case .matmul(transposeA: true, transposeB: false) = node.operation else { return false }
        return node.operands.allSatisfy { !schedule.isUniform[$0.node] }
    }

    private func emitMatmul(
        _ node: Graph.Node, _ result: Graph.Value, transposeA: Bool, transposeB: Bool
    ) throws(RuntimeError) {
        let (rows, columns) = (node.types[0].shape[0], node.types[0].shape[1])
        let inner = type(node.operands[0]).shape[transposeA ? 0 : 1]
        let a = try plain(node.operands[0])
        let b = try plain(node.operands[1])
        let c = define(result)
        let primitive = try Primitive.make("planning a \(rows) x \(columns) x \(inner) matrix product") {
            od_matmul_create(
                Int64(rows), Int64(columns), Int64(inner), transposeA, transposeB, false, false, false, $0)
        }
        guard let primitive else {
            throw RuntimeError(description: "oneDNN has no matrix product for this shape")
        }
        emitCall(
            "matmul", detail: "\(rows) x \(columns) x \(inner)", flops: 2 * rows * columns * inner, primitive,
            arguments: [(Int32(OD_MATMUL_A), a), (Int32(OD_MATMUL_B), b), (Int32(OD_MATMUL_C), c)],
            writes: [c])
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
