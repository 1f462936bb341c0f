import CKernels
import Graph

/// Pooling on images in the layout they come in.
struct PoolingBinder: Binder {
    let site: Site

    func bind(_ operation: Operation.Pooling) throws(RuntimeError) {
        let kernels = kernels
        switch operation {
        case .maxPool(let window):
            if let pair = site.pooledBatchNorm(where: { $0.pool == site.index }) {
                try bindPooled(pair)
                break
            }
            let layout = imageLayout(0)
            let (l, w) = try window.counts(image: type(0), output: node.types[0].shape, layout)
            let x = try buffer(0, layout)
            let y = define(layout)
            let indices = define(layout, result: 1)
            builder.emit("max pool", reads: [x], writes: [y, indices]) { frame in
                kernels.pointee.max_pool(frame.floats(x), l, w, frame.floats(y), frame.bytes(indices))
            }
        case .maxPoolScatter(let window, _):
            // Left to the batch norm in front of the pooling.
            if site.pooledBatchNorm(where: { $0.scatter == site.index }) != nil { break }
            // The layout of the indices decides: they are never converted.
            let (layout, indices) = native(1)
            let (l, w) = try window.counts(image: node.types[0], output: type(0).shape, layout)
            let dy = try buffer(0, layout)
            let dx = define(layout)
            builder.emit("max pool gradient", reads: [dy, indices], writes: [dx]) { frame in
                kernels.pointee.max_pool_scatter(
                    frame.floats(dy), frame.bytes(indices), l, w, frame.floats(dx))
            }
        case .maxPoolGather(let window):
            let (layout, indices) = native(1)
            let (l, w) = try window.counts(image: type(0), output: node.types[0].shape, layout)
            let x = try buffer(0, layout)
            let y = define(layout)
            builder.emit("max pool gather", reads: [x, indices], writes: [y]) { frame in
                kernels.pointee.max_pool_gather(frame.floats(x), frame.bytes(indices), l, w, frame.floats(y))
            }
        case .averagePool(let window):
            let layout = imageLayout(0)
            let (l, w) = try window.counts(image: type(0), output: node.types[0].shape, layout)
            let x = try buffer(0, layout)
            let y = define(layout)
            builder.emit("average pool", reads: [x], writes: [y]) { frame in
                kernels.pointee.average_pool(frame.floats(x), l, w, frame.floats(y))
            }
        case .averagePoolScatter(let window, _):
            let layout = imageLayout(0)
            let (l, w) = try window.counts(image: node.types[0], output: type(0).shape, layout)
            let dy = try buffer(0, layout)
            let dx = define(layout)
            builder.emit("average pool gradient", reads: [dy], writes: [dx]) { frame in
                kernels.pointee.average_pool_scatter(frame.floats(dy), l, w, frame.floats(dx))
            }
        }
    }
}
