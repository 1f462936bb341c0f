import CKernels
import Graph

/// Parts, joins, padding and running sums along one axis of row-major tensors.
struct MovesBinder: Binder {
    let site: Site

    func bind(_ operation: Operation.Moves) throws(RuntimeError) {
        switch operation {
        case .slice(_, let first, _): try bindSlice(first: first)
        case .concatenate: try bindConcatenation()
        case .pad(let padding): try bindPadding(padding)
        case .padGradient(let padding): try bindPaddingGradient(padding)
        case .cumulativeSum(_, let reversed): try bindCumulativeSum(reversed: reversed)
        }
    }

    private var axis: Int {
        guard case .moves(let operation) = node.operation else { preconditionFailure("not along an axis") }
        return operation.axis
    }

    /// A tensor as [outer][middle][inner], the middle being the axis.
    private func extents(_ shape: [Int]) -> (outer: Int64, middle: Int64, inner: Int64) {
        (
            Int64(shape[..<axis].reduce(1, *)), Int64(shape[axis]), Int64(shape[(axis + 1)...].reduce(1, *))
        )
    }

    /// Elements of four bytes, whatever they mean, count as Float32 numbers: they are only moved.
    private func isHalf(_ element: ElementType) throws(RuntimeError) -> Bool {
        switch element {
        case .float32, .int32: return false
        case .bfloat16: return true
        case .float64, .int64, .uint8:
            throw RuntimeError(description: "\(node.operation) has no kernel for \(element)")
        }
    }

    private func bindSlice(first: Int) throws(RuntimeError) {
        let kernels = kernels
        let (outer, middle, inner) = extents(type(0).shape)
        let count = Int64(node.types[0].shape[axis])
        let isHalf = try isHalf(type(0).element)
        let x = try plain(0)
        let y = define()
        builder.emit("slice", reads: [x], writes: [y]) { frame in
            if isHalf {
                kernels.pointee.slice_middle_bf16(
                    frame.halves(x), outer, middle, inner, Int64(first), count, frame.halves(y))
                return
            }
            kernels.pointee.slice_middle(
                frame.floats(x), outer, middle, inner, Int64(first), count, frame.floats(y))
        }
    }

    private func bindConcatenation() throws(RuntimeError) {
        let kernels = kernels
        let isHalf = try isHalf(type(0).element)
        let total = Int64(node.types[0].shape[axis])
        var parts: [(buffer: Int, outer: Int64, middle: Int64, inner: Int64, first: Int64)] = []
        var first: Int64 = 0
        for operand in node.operands.indices {
            let (outer, middle, inner) = extents(type(operand).shape)
            parts.append((try plain(operand), outer, middle, inner, first))
            first += middle
        }
        let y = define()
        let all = parts
        builder.emit("concatenate", reads: all.map(\.buffer), writes: [y]) { frame in
            for part in all {
                if isHalf {
                    kernels.pointee.place_middle_bf16(
                        frame.halves(part.buffer), part.outer, part.middle, part.inner, total, part.first,
                        frame.halves(y))
                } else {
                    kernels.pointee.place_middle(
                        frame.floats(part.buffer), part.outer, part.middle, part.inner, total, part.first,
                        frame.floats(y))
                }
            }
        }
    }

    private func bindPadding(_ padding: Padding) throws(RuntimeError) {
        let kernels = kernels
        let (outer, middle, inner) = extents(type(0).shape)
        let (before, after) = (Int64(padding.before), Int64(padding.after))
        let mode = padding.mode.kernel
        let isHalf = try isHalf(type(0).element)
        let x = try plain(0)
        let y = define()
        builder.emit("pad", reads: [x], writes: [y]) { frame in
            if isHalf {
                kernels.pointee.pad_middle_bf16(
                    frame.halves(x), outer, middle, inner, before, after, mode, frame.halves(y))
                return
            }
            kernels.pointee.pad_middle(
                frame.floats(x), outer, middle, inner, before, after, mode, frame.floats(y))
        }
    }

    private func bindPaddingGradient(_ padding: Padding) throws(RuntimeError) {
        let kernels = kernels
        let (outer, middle, inner) = extents(node.types[0].shape)
        let (before, after) = (Int64(padding.before), Int64(padding.after))
        let mode = padding.mode.kernel
        let dy = try plain(0)
        let dx = define()
        builder.emit("pad gradient", reads: [dy], writes: [dx]) { frame in
            kernels.pointee.pad_middle_gradient(
                frame.floats(dy), outer, middle, inner, before, after, mode, frame.floats(dx))
        }
    }

    private func bindCumulativeSum(reversed: Bool) throws(RuntimeError) {
        let kernels = kernels
        let (outer, middle, inner) = extents(type(0).shape)
        let x = try plain(0)
        let y = define()
        builder.emit("cumulative sum", reads: [x], writes: [y]) { frame in
            kernels.pointee.cumulative_sum(frame.floats(x), outer, middle, inner, reversed, frame.floats(y))
        }
    }
}

extension Padding.Mode {
    fileprivate var kernel: dt_padding {
        switch self {
        case .constant: DT_PAD_ZERO
        case .reflect: DT_PAD_REFLECT
        case .replicate: DT_PAD_REPLICATE
        case .circular: DT_PAD_CIRCULAR
        }
    }
}
