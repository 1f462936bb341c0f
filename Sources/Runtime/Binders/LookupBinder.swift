import CKernels
import Graph

/// Rows of a table by their numbers, and sums of rows by number.
struct LookupBinder: Binder {
    let site: Site

    func bind(_ operation: Operation.Lookup) throws(RuntimeError) {
        let kernels = kernels
        let count = Int64(type(1).count)
        switch operation {
        case .gatherRows:
            let (rows, width) = (Int64(type(0).shape[0]), Int64(type(0).shape[1]))
            let table = try plain(0)
            let numbers = try plain(1)
            let y = define()
            builder.emit("gather rows", reads: [table, numbers], writes: [y]) { frame in
                kernels.pointee.gather_rows(
                    frame.floats(table), rows, width, frame.labels(numbers), count, frame.floats(y))
            }
        case .scatterRows(let rows, let frozen):
            let width = Int64(node.types[0].shape[1])
            let dy = try plain(0)
            let numbers = try plain(1)
            let table = define()
            builder.emit("scatter rows", reads: [dy, numbers], writes: [table]) { frame in
                kernels.pointee.scatter_add_rows(
                    frame.floats(dy), frame.labels(numbers), count, width, Int64(rows), frame.floats(table))
                guard let frozen else { return }
                (frame.floats(table) + frozen * Int(width)).update(repeating: 0, count: Int(width))
            }
        }
    }
}
