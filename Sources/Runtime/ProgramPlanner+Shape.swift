import CKernels
import Graph

extension ProgramPlanner {
    /// Kernels that change shapes; they work on row-major tensors.
    func emitShape(_ node: Graph.Node, _ index: Int) throws(RuntimeError) -> Bool {
        let result = Graph.Value(index)
        let kernels = kernels
        switch node.operation {
        case .reshape:
            alias(result, try plain(node.operands[0]))
        case .transpose(let permutation):
            let x = try plain(node.operands[0])
            let y = define(result)
            let shape = type(node.operands[0]).shape.map(Int64.init)
            let order = permutation.map(Int64.init)
            guard node.types[0].element == .float32, shape.count <= 6 else {
                throw RuntimeError(
                    description: "only float32 tensors of at most 6 dimensions can be transposed")
            }
            emit("transpose", reads: [x], writes: [y]) { frame in
                kernels.pointee.permute(frame.floats(x), Int32(shape.count), shape, order, frame.floats(y))
            }
        case .broadcast(let shape):
            let operand = type(node.operands[0])
            let axes = shape.indices.filter { shape[$0] != operand.shape[$0] }
            try emitPasses(node, result, axes: axes, extents: shape, name: "broadcast", repeating: true)
        case .sum(let axes):
            if try emitColumnSum(node, result, axes: axes) { break }
            try emitPasses(
                node, result, axes: axes, extents: type(node.operands[0]).shape, name: "sum", repeating: false
            )
        case .maximum(let axes):
            try emitPasses(
                node, result, axes: axes, extents: type(node.operands[0]).shape, name: "maximum",
                repeating: false)
        case .oneHot(let classes):
            let labels = try plain(node.operands[0])
            let y = define(result)
            let count = Int64(node.types[0].shape[0])
            emit("one-hot", reads: [labels], writes: [y]) { frame in
                kernels.pointee.one_hot(frame.labels(labels), count, Int64(classes), frame.floats(y))
            }
        default:
            return false
        }
        return true
    }

    /// One pass over [outer][middle][inner] per run of neighbouring axes: reductions from the innermost run
    /// outwards, repetitions the other way round, so that the larger tensor is touched once.
    private func emitPasses(
        _ node: Graph.Node, _ result: Graph.Value, axes: [Int], extents: [Int], name: String, repeating: Bool
    ) throws(RuntimeError) {
        let operand = type(node.operands[0])
        var shape = operand.shape
        // Axes whose extent does not change cost nothing; without any other the elements stay as they are.
        let changing = axes.filter { extents[$0] != 1 }
        var source = try plain(node.operands[0])
        guard !changing.isEmpty else {
            alias(result, source)
            return
        }
        let runs = Self.runs(of: changing)
        for (pass, run) in (repeating ? runs : runs.reversed()).enumerated() {
            let outer = shape[..<run.lowerBound].reduce(1, *)
            let inner = shape[run.upperBound...].reduce(1, *)
            let middle = extents[run].reduce(1, *)
            for axis in run { shape[axis] = repeating ? extents[axis] : 1 }
            let isLast = pass == runs.count - 1
            let target = isLast ? define(result) : temporary(shape.reduce(1, *) * operand.element.size)
            try emitPass(
                node.operation, name, source, target, (Int64(outer), Int64(middle), Int64(inner)),
                operand.element)
            source = target
        }
    }

    private func emitPass(
        _ operation: Operation, _ name: String, _ x: Int, _ y: Int,
        _ extents: (outer: Int64, middle: Int64, inner: Int64), _ element: ElementType
    ) throws(RuntimeError) {
        let kernels = kernels
        let (outer, middle, inner) = extents
        switch (operation, element) {
        case (.sum, .float32):
            emit(name, reads: [x], writes: [y]) { frame in
                kernels.pointee.sum_middle(frame.floats(x), outer, middle, inner, frame.floats(y))
            }
        case (.sum, .float64):
            emit(name, reads: [x], writes: [y]) { frame in
                kernels.pointee.sum_middle_f64(frame.doubles(x), outer, middle, inner, frame.doubles(y))
            }
        case (.maximum, .float32):
            emit(name, reads: [x], writes: [y]) { frame in
                kernels.pointee.max_middle(frame.floats(x), outer, middle, inner, frame.floats(y))
            }
        case (.broadcast, .float32):
            emit(name, reads: [x], writes: [y]) { frame in
                kernels.pointee.repeat_middle(frame.floats(x), outer, middle, inner, frame.floats(y))
            }
        case (.broadcast, .float64):
            emit(name, reads: [x], writes: [y]) { frame in
                kernels.pointee.repeat_middle_f64(frame.doubles(x), outer, middle, inner, frame.doubles(y))
            }
        default:
            throw RuntimeError(description: "\(name) has no kernel for \(element)")
        }
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
