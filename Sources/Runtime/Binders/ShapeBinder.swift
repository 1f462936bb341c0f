import CKernels
import Graph

/// Moves, repetitions and reductions; they work on row-major tensors.
struct ShapeBinder: Binder {
    let site: Site

    func bind(_ operation: Operation.Shape) throws(RuntimeError) {
        let kernels = kernels
        switch operation {
        case .reshape:
            alias(try plain(0))
        case .transpose(let permutation):
            let x = try plain(0)
            let y = define()
            let shape = type(0).shape.map(Int64.init)
            let order = permutation.map(Int64.init)
            guard node.types[0].element == .float32, shape.count <= 6 else {
                throw RuntimeError(
                    description: "only float32 tensors of at most 6 dimensions can be transposed")
            }
            builder.emit("transpose", reads: [x], writes: [y]) { frame in
                kernels.pointee.permute(frame.floats(x), Int32(shape.count), shape, order, frame.floats(y))
            }
        case .broadcast(let shape):
            let operand = type(0)
            let axes = shape.indices.filter { shape[$0] != operand.shape[$0] }
            try bindPasses(.broadcast, axes: axes, extents: shape)
        case .sum(let axes):
            if try bindColumnSum(axes) { break }
            try bindPasses(.sum, axes: axes, extents: type(0).shape)
        case .maximum(let axes):
            try bindPasses(.maximum, axes: axes, extents: type(0).shape)
        case .oneHot(let classes):
            let labels = try plain(0)
            let y = define()
            let count = Int64(node.types[0].shape[0])
            builder.emit("one-hot", reads: [labels], writes: [y]) { frame in
                kernels.pointee.one_hot(frame.labels(labels), count, Int64(classes), frame.floats(y))
            }
        }
    }

    /// What a pass over the middle of [outer][middle][inner] does.
    private enum Pass: String {
        case sum, maximum, broadcast
    }

    /// One pass over [outer][middle][inner] per run of neighbouring axes: reductions from the innermost run
    /// outwards, repetitions the other way round, so that the larger tensor is touched once.
    private func bindPasses(_ kind: Pass, axes: [Int], extents: [Int]) throws(RuntimeError) {
        let repeating = kind == .broadcast
        let operand = type(0)
        var shape = operand.shape
        // Axes whose extent does not change cost nothing; without any other the elements stay as they are.
        let changing = axes.filter { extents[$0] != 1 }
        var source = try plain(0)
        guard !changing.isEmpty else {
            alias(source)
            return
        }
        var element = operand.element
        let runs = Self.runs(of: changing)
        for (pass, run) in (repeating ? runs : runs.reversed()).enumerated() {
            let outer = shape[..<run.lowerBound].reduce(1, *)
            let inner = shape[run.upperBound...].reduce(1, *)
            let middle = extents[run].reduce(1, *)
            for axis in run { shape[axis] = repeating ? extents[axis] : 1 }
            let isLast = pass == runs.count - 1
            // The sum of bfloat16 numbers is a Float32.
            let made = kind == .sum && element == .bfloat16 ? ElementType.float32 : element
            let target = isLast ? define() : builder.temporary(shape.reduce(1, *) * made.size)
            try bindPass(kind, source, target, (Int64(outer), Int64(middle), Int64(inner)), element)
            (source, element) = (target, made)
        }
    }

    private func bindPass(
        _ kind: Pass, _ x: Int, _ y: Int,
        _ extents: (outer: Int64, middle: Int64, inner: Int64), _ element: ElementType
    ) throws(RuntimeError) {
        let kernels = kernels
        let name = kind.rawValue
        let (outer, middle, inner) = extents
        switch (kind, element) {
        case (.sum, .float32):
            builder.emit(name, reads: [x], writes: [y]) { frame in
                kernels.pointee.sum_middle(frame.floats(x), outer, middle, inner, frame.floats(y))
            }
        case (.sum, .float64):
            builder.emit(name, reads: [x], writes: [y]) { frame in
                kernels.pointee.sum_middle_f64(frame.doubles(x), outer, middle, inner, frame.doubles(y))
            }
        case (.maximum, .float32):
            builder.emit(name, reads: [x], writes: [y]) { frame in
                kernels.pointee.max_middle(frame.floats(x), outer, middle, inner, frame.floats(y))
            }
        case (.broadcast, .float32):
            builder.emit(name, reads: [x], writes: [y]) { frame in
                kernels.pointee.repeat_middle(frame.floats(x), outer, middle, inner, frame.floats(y))
            }
        case (.broadcast, .float64):
            builder.emit(name, reads: [x], writes: [y]) { frame in
                kernels.pointee.repeat_middle_f64(frame.doubles(x), outer, middle, inner, frame.doubles(y))
            }
        case (.sum, .bfloat16):
            builder.emit(name, reads: [x], writes: [y]) { frame in
                kernels.pointee.sum_middle_bf16(frame.halves(x), outer, middle, inner, frame.floats(y))
            }
        case (.maximum, .float64), (_, .bfloat16), (_, .int32), (_, .int64), (_, .uint8):
            throw RuntimeError(description: "\(name) has no kernel for \(element)")
        }
    }

    /// The sum over examples of a matrix that stands in columns; false where it does not.
    private func bindColumnSum(_ axes: [Int]) throws(RuntimeError) -> Bool {
        guard axes == [0], native(0).layout == .columns else { return false }
        let kernels = kernels
        let shape = type(0).shape
        if type(0).element == .bfloat16 {
            let x = try buffer(0, .transposed)
            let y = define()
            builder.emit("sum", reads: [x], writes: [y]) { frame in
                kernels.pointee.dense_bias_gradient_bf16(
                    frame.halves(x), Int64(shape[0]), Int64(shape[1]), frame.floats(y))
            }
            return true
        }
        let x = native(0).buffer
        let y = define()
        builder.emit("sum", reads: [x], writes: [y]) { frame in
            kernels.pointee.dense_bias_gradient(
                frame.floats(x), Int64(shape[0]), Int64(shape[1]), frame.floats(y))
        }
        return true
    }

    /// Neighbouring axes in one range each, in order.
    private static func runs(of axes: [Int]) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        for axis in axes.sorted() {
            if let last = runs.last, last.upperBound == axis {
                runs[runs.count - 1] = last.lowerBound..<(axis + 1)
            } else {
                runs.append(axis..<(axis + 1))
            }
        }
        return runs
    }
}
