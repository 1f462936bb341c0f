import CKernels
import Graph

/// Kernels on rows of classes: softmax, cross-entropy, accuracy.
struct RowsBinder: Binder {
    let site: Site

    func bind(_ operation: Operation.Rows) throws(RuntimeError) {
        let kernels = kernels
        let (n, k) = (Int64(type(0).shape[0]), Int64(type(0).shape[1]))
        switch operation {
        case .softmax, .logSoftmax:
            let isLog = operation == .logSoftmax
            let x = try plain(0)
            let y = define()
            builder.emit(isLog ? "log-softmax" : "softmax", reads: [x], writes: [y]) { frame in
                let run = isLog ? kernels.pointee.log_softmax : kernels.pointee.softmax
                run?(frame.floats(x), n, k, frame.floats(y))
            }
        case .softmaxGradient, .logSoftmaxGradient:
            let isLog = operation == .logSoftmaxGradient
            let y = try plain(0)
            let dy = try plain(1)
            let dx = define()
            builder.emit("softmax gradient", reads: [y, dy], writes: [dx]) { frame in
                let run = isLog ? kernels.pointee.log_softmax_gradient : kernels.pointee.softmax_gradient
                run?(frame.floats(y), frame.floats(dy), n, k, frame.floats(dx))
            }
        case .crossEntropy:
            let x = try plain(0)
            let labels = try plain(1)
            let y = define()
            builder.emit("cross-entropy", reads: [x, labels], writes: [y]) { frame in
                kernels.pointee.cross_entropy(frame.floats(x), frame.labels(labels), n, k, frame.floats(y))
            }
        case .crossEntropyGradient:
            let x = try plain(0)
            let labels = try plain(1)
            let dloss = try plain(2)
            let dx = define()
            builder.emit("cross-entropy gradient", reads: [x, labels, dloss], writes: [dx]) { frame in
                kernels.pointee.cross_entropy_gradient(
                    frame.floats(x), frame.labels(labels), frame.floats(dloss), n, k, frame.floats(dx))
            }
        case .correctCount:
            let x = try plain(0)
            let labels = try plain(1)
            let y = define()
            builder.emit("correct", reads: [x, labels], writes: [y]) { frame in
                frame.doubles(y)[0] = kernels.pointee.count_correct(
                    frame.floats(x), frame.labels(labels), n, k)
            }
        }
    }
}
