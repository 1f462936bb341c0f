import CKernels
import COneDNN
import Graph

/// Dense layers: our own kernels for products with weights, oneDNN for any other product.
struct DenseBinder: Binder {
    let site: Site

    func bind(_ operation: Operation.Dense) throws(RuntimeError) {
        switch operation {
        case .linear(let relu):
            try bindLinear(relu: relu)
        case .matmul(transposeA: false, transposeB: false) where builder.isUniform(node.operands[1]):
            // A weight: a parameter, or what is computed of parameters once for all shards.
            try bindInputGradient()
        case .matmul(transposeA: true, transposeB: false) where isWeightGradient:
            try bindWeightGradient()
        case .matmul(let transposeA, let transposeB):
            try bindMatmul(transposeA: transposeA, transposeB: transposeB)
        case .batchedMatmul(let transposeA, let transposeB):
            try bindBatchedMatmul(transposeA: transposeA, transposeB: transposeB)
        case .biasAdd(let relu):
            try bindBiasAdd(relu: relu)
        }
    }

    /// Whether the product is one of matrices that every shard has of its own.
    private var isWeightGradient: Bool {
        site.context.graph.isDenseWeightGradient(Graph.Value(site.index), site.context.schedule)
    }

    private func bindLinear(relu: Bool) throws(RuntimeError) {
        let kernels = kernels
        let (m, k, n) = (type(0).shape[0], type(0).shape[1], node.types[0].shape[1])
        let element = type(0).element
        let x = try buffer(0, .columns)
        let w = try buffer(1, element == .bfloat16 ? .evenRows : .plain)
        let bias = node.operands.count == 3 ? try plain(2) : nil
        let y = define(.columns)
        let work = Work("linear", detail: "\(m) x \(k) to \(n)", flops: 2 * m * n * k, element)
        let reads = [x, w] + (bias.map { [$0] } ?? [])
        if element == .bfloat16 {
            let inPairs = node.types[0].element == .bfloat16
            builder.emit(work, reads: reads, writes: [y]) { frame in
                kernels.pointee.dense_forward_bf16(
                    frame.halves(x), frame.halves(w), bias.map { frame.floats($0) }, Int64(m), Int64(n),
                    Int64(k), relu, inPairs, frame.table[y])
            }
            return
        }
        builder.emit(work, reads: reads, writes: [y]) { frame in
            kernels.pointee.dense_forward(
                frame.floats(x), frame.floats(w), bias.map { frame.floats($0) }, Int64(m), Int64(n), Int64(k),
                relu, frame.floats(y))
        }
    }

    /// dx = dy · w.
    private func bindInputGradient() throws(RuntimeError) {
        let kernels = kernels
        let (m, n, k) = (type(0).shape[0], type(0).shape[1], node.types[0].shape[1])
        let element = type(0).element
        let dy = try buffer(0, .columns)
        let w = try buffer(1, element == .bfloat16 ? .panels : .plain)
        let dx = define(.columns)
        let work = Work(
            "linear input gradient", detail: "\(m) x \(n) to \(k)", flops: 2 * m * n * k, element)
        if element == .bfloat16 {
            guard node.types[0].element == .bfloat16 else {
                throw RuntimeError(description: "an input gradient of bfloat16 operands is bfloat16")
            }
            builder.emit(work, reads: [dy, w], writes: [dx]) { frame in
                kernels.pointee.dense_input_gradient_bf16(
                    frame.halves(dy), frame.halves(w), Int64(m), Int64(n), Int64(k), frame.halves(dx))
            }
            return
        }
        builder.emit(work, reads: [dy, w], writes: [dx]) { frame in
            kernels.pointee.dense_input_gradient(
                frame.floats(dy), frame.floats(w), Int64(m), Int64(n), Int64(k), frame.floats(dx))
        }
    }

    /// dw = dyᵀ · x: for all local shards together where it is only summed over shards.
    private func bindWeightGradient() throws(RuntimeError) {
        let kernels = kernels
        let (m, n, k) = (type(0).shape[0], node.types[0].shape[0], node.types[0].shape[1])
        let element = type(0).element
        let dy = try buffer(0, JointGradient.gradientLayout(element))
        let joint = site.context.gradients.joint(site.index)
        let x = try weightGradientInput(isJoint: joint != nil)
        let work = Work(
            "linear weight gradient", detail: "\(m) x \(k) to \(n)", flops: 2 * m * n * k, element)
        if let (parameter, collective) = joint {
            builder.emit(
                PlannedJoint(
                    stage: builder.position.stage, part: builder.position.part, gradient: dy, input: x,
                    parameter: parameter,
                    collective: collective, rows: n, columns: k, examples: m, element: element,
                    description: work.description(
                        byteCount: m * (n + k) * element.size + n * k * MemoryLayout<Float>.size)))
            return
        }
        let dw = define()
        let kernel =
            element == .bfloat16
            ? kernels.pointee.dense_weight_gradient_bf16 : kernels.pointee.dense_weight_gradient
        builder.emit(work, reads: [dy, x], writes: [dw]) { frame in
            let strip = Layout.stripWidth
            var shard = dt_dense_shard(
                x: frame.floats(x), dy: frame.floats(dy), m: Int64(m), row_stride: Int64(strip),
                strip_stride: Int64(strip * (element == .bfloat16 ? (m + 1) / 2 : m)))
            var push: Int32 = 0
            kernel?(
                &shard, &push, 1, 0, Int64(n), Int64(k), false, false, frame.floats(dw))
        }
    }

    /// The inputs of a weight gradient: in strips, unless they are the shard's features and can be read row by row,
    /// which takes whole vectors of columns and rows that do not all fall into one set of a cache.
    private func weightGradientInput(isJoint: Bool) throws(RuntimeError) -> Int {
        let columns = type(1).shape[1]
        let known = native(1)
        if isJoint, type(1).element == .float32, known.layout == .plain,
            builder.buffers[known.buffer].home == .input(.features),
            columns % 16 == 0, columns % 1024 != 0
        {
            return known.buffer
        }
        return try buffer(1, .strips)
    }

    private func bindMatmul(transposeA: Bool, transposeB: Bool) throws(RuntimeError) {
        let (rows, columns) = (node.types[0].shape[0], node.types[0].shape[1])
        let inner = type(0).shape[transposeA ? 0 : 1]
        let a = try plain(0)
        let b = try plain(1)
        let c = define()
        let primitive = try Primitive.make("planning a \(rows) x \(columns) x \(inner) matrix product") {
            od_matmul_create(
                Int64(rows), Int64(columns), Int64(inner), transposeA, transposeB, false, false, false, $0)
        }
        guard let primitive else {
            throw RuntimeError(description: "oneDNN has no matrix product for this shape")
        }
        builder.emitCall(
            Work("matmul", detail: "\(rows) x \(columns) x \(inner)", flops: 2 * rows * columns * inner),
            primitive,
            arguments: [(Int32(OD_MATMUL_A), a), (Int32(OD_MATMUL_B), b), (Int32(OD_MATMUL_C), c)],
            writes: [c])
    }

    private func bindBatchedMatmul(transposeA: Bool, transposeB: Bool) throws(RuntimeError) {
        let kernels = kernels
        let shape = node.types[0].shape
        let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
        let batches = shape.dropLast(2).reduce(1, *)
        let inner = type(0).shape[shape.count - (transposeA ? 2 : 1)]
        let a = try plain(0)
        let b = try plain(1)
        let c = define()
        let scratch = dt_batch_matmul_scratch(
            Int64(rows), Int64(columns), Int64(inner), transposeA, transposeB)
        builder.emit(
            Work(
                "batched matmul", detail: "\(batches) of \(rows) x \(columns) x \(inner)",
                flops: 2 * batches * rows * columns * inner), reads: [a, b], writes: [c],
            scratch: Int(scratch)
        ) { frame in
            kernels.pointee.batch_matmul(
                frame.floats(a), frame.floats(b), Int64(batches), Int64(rows), Int64(columns), Int64(inner),
                transposeA, transposeB, frame.scratch, frame.floats(c))
        }
    }

    private func bindBiasAdd(relu: Bool) throws(RuntimeError) {
        let kernels = kernels
        let shape = node.types[0].shape
        let layout = native(0).layout
        let bias = try plain(1)
        let isRounded = node.types[0].element == .bfloat16
        let pixels = shape.dropFirst(2).reduce(1, *)
        guard case .blocked(let block) = layout else {
            let x = try plain(0)
            let y = define()
            builder.emit("bias", reads: [x, bias], writes: [y], inPlace: x) { frame in
                if isRounded {
                    kernels.pointee.bias_add_bf16(
                        frame.halves(x), frame.floats(bias), Int64(shape[0]), Int64(shape[1]), Int64(pixels),
                        relu, frame.halves(y))
                    return
                }
                kernels.pointee.bias_add(
                    frame.floats(x), frame.floats(bias), Int64(shape[0]), Int64(shape[1]), Int64(pixels),
                    relu,
                    frame.floats(y))
            }
            return
        }
        // A blocked image is [N · blocks][pixels][block]: each block of channels is a bias on the last dimension.
        let x = native(0).buffer
        let y = define(layout)
        let blocks = (shape[1] + block - 1) / block
        builder.emit(
            "bias", reads: [x, bias], writes: [y], inPlace: x, scratch: block * MemoryLayout<Float>.size
        ) { frame in
            let padded = frame.scratch.assumingMemoryBound(to: Float.self)
            for example in 0..<shape[0] {
                for channels in 0..<blocks {
                    let start = (example * blocks + channels) * pixels * block
                    for lane in 0..<block {
                        let channel = channels * block + lane
                        padded[lane] = channel < shape[1] ? frame.floats(bias)[channel] : 0
                    }
                    if isRounded {
                        kernels.pointee.bias_add_bf16(
                            frame.halves(x) + start, padded, Int64(pixels), Int64(block), 1, relu,
                            frame.halves(y) + start)
                        continue
                    }
                    kernels.pointee.bias_add(
                        frame.floats(x) + start, padded, Int64(pixels), Int64(block), 1, relu,
                        frame.floats(y) + start)
                }
            }
        }
    }
}
