import CKernels
import Graph

/// Random numbers, drawn anew in every step.
struct RandomBinder: Binder {
    let site: Site

    func bind(_ operation: Operation.Random) throws(RuntimeError) {
        let kernels = kernels
        switch operation {
        case .dropoutMask(let rate, let tag, let shape):
            let examples = try plain(0)
            let y = define()
            let width = Int64(shape.dropFirst().reduce(1, *))
            builder.emit("dropout mask", reads: [examples], writes: [y]) { frame in
                kernels.pointee.dropout_mask(
                    frame.scalars.pointee.dropoutKey, UInt32(tag), frame.indices(examples), Int64(shape[0]),
                    width,
                    Float(rate), frame.floats(y))
            }
        case .dropout(let rate, let tag):
            let x = try plain(0)
            let examples = try plain(1)
            let y = define()
            let shape = node.types[0].shape
            let width = Int64(shape.dropFirst().reduce(1, *))
            let isRounded = node.types[0].element == .bfloat16
            builder.emit("dropout", reads: [x, examples], writes: [y], inPlace: x) { frame in
                if isRounded {
                    kernels.pointee.dropout_bf16(
                        frame.scalars.pointee.dropoutKey, UInt32(tag), frame.indices(examples),
                        Int64(shape[0]), width, Float(rate), frame.halves(x), frame.halves(y))
                    return
                }
                kernels.pointee.dropout(
                    frame.scalars.pointee.dropoutKey, UInt32(tag), frame.indices(examples), Int64(shape[0]),
                    width,
                    Float(rate), frame.floats(x), frame.floats(y))
            }
        }
    }
}
