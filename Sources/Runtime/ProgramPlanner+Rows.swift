import CKernels
import Graph

extension ProgramPlanner {
    /// Kernels on rows of classes: softmax, cross-entropy, accuracy.
    func emitRows(_ node: Graph.Node, _ index: Int) throws(RuntimeError) -> Bool {
        let result = Graph.Value(index)
        let kernels = kernels
        func extents() -> (n: Int64, k: Int64) {
            let shape = type(node.operands[0]).shape
            return (Int64(shape[0]), Int64(shape[1]))
        }
        switch node.operation {
        case .softmax, .logSoftmax:
            let (n, k) = extents()
            let isLog = node.operation == .logSoftmax
            let x = try plain(node.operands[0])
            let y = define(result)
            emit(isLog ? "log-softmax" : "softmax", reads: [x], writes: [y]) { frame in
                let run = isLog ? kernels.pointee.log_softmax : kernels.pointee.softmax
                run?(frame.floats(x), n, k, frame.floats(y))
            }
        case .softmaxGradient, .logSoftmaxGradient:
            let (n, k) = extents()
            let isLog = node.operation == .logSoftmaxGradient
            let y = try plain(node.operands[0])
            let dy = try plain(node.operands[1])
            let dx = define(result)
            emit("softmax gradient", reads: [y, dy], writes: [dx]) { frame in
                let run = isLog ? kernels.pointee.log_softmax_gradient : kernels.pointee.softmax_gradient
                run?(frame.floats(y), frame.floats(dy), n, k, frame.floats(dx))
            }
        case .crossEntropy:
            let (n, k) = extents()
            let x = try plain(node.operands[0])
            let labels = try plain(node.operands[1])
            let y = define(result)
            emit("cross-entropy", reads: [x, labels], writes: [y]) { frame in
                kernels.pointee.cross_entropy(frame.floats(x), frame.labels(labels), n, k, frame.floats(y))
            }
        case .crossEntropyGradient:
            let (n, k) = extents()
            let x = try plain(node.operands[0])
            let labels = try plain(node.operands[1])
            let dloss = try plain(node.operands[2])
            let dx = define(result)
            emit("cross-entropy gradient", reads: [x, labels, dloss], writes: [dx]) { frame in
                kernels.pointee.cross_entropy_gradient(
                    frame.floats(x), frame.labels(labels), frame.floats(dloss), n, k, frame.floats(dx))
            }
        case .correctCount:
            let (n, k) = extents()
            let x = try plain(node.operands[0])
            let labels = try plain(node.operands[1])
            let y = define(result)
            emit("correct", reads: [x, labels], writes: [y]) { frame in
                frame.doubles(y)[0] = kernels.pointee.count_correct(
                    frame.floats(x), frame.labels(labels), n, k)
            }
        default:
            return false
        }
        return true
    }
}
