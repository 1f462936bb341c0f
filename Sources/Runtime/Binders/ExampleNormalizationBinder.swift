import CKernels
import Graph

/// Layer and group norm and their gradients: every example has moments of its own.
struct ExampleNormalizationBinder: Binder {
    let site: Site

    func bind(_ operation: Operation.ExampleNormalization) throws(RuntimeError) {
        switch operation {
        case .layerNorm(let epsilon): try bindLayerNorm(epsilon)
        case .layerNormGradient(let epsilon): try bindLayerNormGradient(epsilon)
        case .rmsNorm(let epsilon): try bindRMSNorm(epsilon)
        case .rmsNormGradient(let epsilon): try bindRMSNormGradient(epsilon)
        case .groupNorm(let attributes): try bindGroupNorm(attributes)
        case .groupNormGradient(let attributes): try bindGroupNormGradient(attributes)
        }
    }

    /// Whether the operand is a Float32 matrix in columns, whose rows are normalized.
    private func isInColumns(_ operand: Int) -> Bool {
        native(operand).layout == .columns && type(operand).element == .float32
            && type(1).shape == [type(operand).shape[1]]
    }

    private func bindLayerNorm(_ epsilon: Double) throws(RuntimeError) {
        let kernels = kernels
        let (rows, columns) = rows()
        if isInColumns(0) {
            let x = native(0).buffer
            let weight = try plain(1)
            let bias = try plain(2)
            let y = define(.columns)
            builder.emit("layer norm", reads: [x, weight, bias], writes: [y], inPlace: x) { frame in
                kernels.pointee.layer_norm_columns(
                    frame.floats(x), frame.floats(weight), frame.floats(bias), epsilon, rows, columns,
                    frame.floats(y))
            }
            return
        }
        let x = try plain(0)
        let weight = try plain(1)
        let bias = try plain(2)
        let y = define()
        let isRounded = node.types[0].element == .bfloat16
        builder.emit("layer norm", reads: [x, weight, bias], writes: [y], inPlace: x) { frame in
            if isRounded {
                kernels.pointee.layer_norm_bf16(
                    frame.halves(x), frame.floats(weight), frame.floats(bias), epsilon, rows, columns,
                    frame.halves(y))
                return
            }
            kernels.pointee.layer_norm(
                frame.floats(x), frame.floats(weight), frame.floats(bias), epsilon, rows, columns,
                frame.floats(y))
        }
    }

    /// Whether the derivatives in weight and bias are asked for: those of fixed ones are not, and would cost another pass.
    private var learns: Bool {
        let values = site.context.graph.nodes.flatMap(\.operands) + site.context.graph.results.map(\.value)
        return values.contains { $0.node == site.index && $0.output > 0 }
    }

    private func bindLayerNormColumnsGradient(_ epsilon: Double) throws(RuntimeError) {
        let kernels = kernels
        let (rows, columns) = rows()
        let x = try buffer(0, .columns)
        let weight = try plain(1)
        let dy = try buffer(3, .columns)
        let dx = define(.columns)
        let parameters = learns ? [define(result: 1), define(result: 2)] : []
        builder.emit(
            "layer norm gradient", reads: [x, weight, dy], writes: [dx] + parameters,
            scratch: Int(dt_norm_columns_scratch(columns)) * MemoryLayout<Double>.size
        ) { frame in
            kernels.pointee.layer_norm_columns_gradient(
                frame.floats(x), frame.floats(dy), frame.floats(weight), epsilon, rows, columns,
                frame.scratch.assumingMemoryBound(to: Double.self), frame.floats(dx),
                parameters.first.map { frame.floats($0) }, parameters.last.map { frame.floats($0) })
        }
    }

    private func bindRMSNorm(_ epsilon: Double) throws(RuntimeError) {
        let kernels = kernels
        let (rows, columns) = rows()
        let isInColumns = isInColumns(0)
        let x = isInColumns ? native(0).buffer : try plain(0)
        let weight = try plain(1)
        let y = define(isInColumns ? .columns : .plain)
        let run = isInColumns ? kernels.pointee.rms_norm_columns : kernels.pointee.rms_norm
        builder.emit("RMS norm", reads: [x, weight], writes: [y], inPlace: x) { frame in
            run?(frame.floats(x), frame.floats(weight), epsilon, rows, columns, frame.floats(y))
        }
    }

    private func bindRMSNormGradient(_ epsilon: Double) throws(RuntimeError) {
        let kernels = kernels
        let (rows, columns) = rows()
        let isInColumns = isInColumns(0)
        let layout: Layout = isInColumns ? .columns : .plain
        let x = try buffer(0, layout)
        let weight = try plain(1)
        let dy = try buffer(2, layout)
        let dx = define(layout)
        let dweight = learns ? define(result: 1) : nil
        let scratch =
            isInColumns
            ? Int(dt_norm_columns_scratch(columns)) * MemoryLayout<Double>.size
            : Int(rows) * MemoryLayout<Float>.size
        builder.emit(
            "RMS norm gradient", reads: [x, weight, dy], writes: [dx] + [dweight].compactMap { $0 },
            scratch: scratch
        ) { frame in
            if isInColumns {
                kernels.pointee.rms_norm_columns_gradient(
                    frame.floats(x), frame.floats(dy), frame.floats(weight), epsilon, rows, columns,
                    frame.scratch.assumingMemoryBound(to: Double.self), frame.floats(dx),
                    dweight.map { frame.floats($0) })
                return
            }
            kernels.pointee.rms_norm_gradient(
                frame.floats(x), frame.floats(dy), frame.floats(weight), epsilon, rows, columns,
                frame.scratch.assumingMemoryBound(to: Float.self), frame.floats(dx),
                dweight.map { frame.floats($0) })
        }
    }

    private func bindLayerNormGradient(_ epsilon: Double) throws(RuntimeError) {
        if isInColumns(0) { return try bindLayerNormColumnsGradient(epsilon) }
        let kernels = kernels
        let (rows, columns) = rows()
        let x = try plain(0)
        let weight = try plain(1)
        let dy = try plain(3)
        let dx = define()
        let learns = learns
        let isRounded = node.types[0].element == .bfloat16
        let parameters = learns ? [define(result: 1), define(result: 2)] : []
        builder.emit(
            "layer norm gradient", reads: [x, weight, dy], writes: [dx] + parameters,
            scratch: 3 * Int(rows) * MemoryLayout<Float>.size
        ) { frame in
            if isRounded {
                kernels.pointee.layer_norm_gradient_bf16(
                    frame.halves(x), frame.halves(dy), frame.floats(weight), epsilon, rows, columns,
                    frame.scratch.assumingMemoryBound(to: Float.self), frame.halves(dx),
                    learns ? frame.floats(parameters[0]) : nil, learns ? frame.floats(parameters[1]) : nil)
                return
            }
            kernels.pointee.layer_norm_gradient(
                frame.floats(x), frame.floats(dy), frame.floats(weight), epsilon, rows, columns,
                frame.scratch.assumingMemoryBound(to: Float.self), frame.floats(dx),
                learns ? frame.floats(parameters[0]) : nil, learns ? frame.floats(parameters[1]) : nil)
        }
    }

    /// The extents of layer norm's operand as rows that are normalized one by one.
    private func rows() -> (rows: Int64, columns: Int64) {
        let columns = type(1).count
        return (Int64(columns == 0 ? 0 : type(0).count / columns), Int64(columns))
    }

    private func bindGroupNorm(_ attributes: GroupNorm) throws(RuntimeError) {
        let kernels = kernels
        let layout = imageLayout(0)
        let l = dt_activation(type(0), layout)
        let x = try buffer(0, layout)
        let weight = try plain(1)
        let bias = try plain(2)
        let y = define(layout)
        builder.emit(
            "group norm", reads: [x, weight, bias], writes: [y], inPlace: x, scratch: groupNormScratch(l)
        ) { frame in
            kernels.pointee.group_norm(
                frame.floats(x), l, Int64(attributes.groups), frame.floats(weight), frame.floats(bias),
                attributes.epsilon, attributes.relu, frame.scratch.assumingMemoryBound(to: Double.self),
                frame.floats(y))
        }
    }

    private func bindGroupNormGradient(_ attributes: GroupNorm) throws(RuntimeError) {
        let kernels = kernels
        let layout = imageLayout(0)
        let l = dt_activation(type(0), layout)
        let x = try buffer(0, layout)
        let weight = try plain(1)
        let bias = try plain(2)
        let dy = try buffer(3, layout)
        let dx = define(layout)
        let dweight = define(result: 1)
        let dbias = define(result: 2)
        builder.emit(
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
        Int(dt_group_norm_scratch(l.c, l.paddedChannels)) * MemoryLayout<Double>.size
    }
}
