import CKernels
import Graph

/// What follows from sequences' lengths.
struct SequenceBinder: Binder {
    let site: Site

    func bind(_ operation: Operation.Sequence) throws(RuntimeError) {
        let examples = type(0).shape[0]
        let lengths = try plain(0)
        let y = define()
        switch operation {
        case .mask(let steps):
            builder.emit("position mask", reads: [lengths], writes: [y]) { frame in
                for example in 0..<examples {
                    let row = frame.floats(y) + example * steps
                    let inside = min(steps, max(0, Int(frame.labels(lengths)[example])))
                    row.update(repeating: 1, count: inside)
                    (row + inside).update(repeating: 0, count: steps - inside)
                }
            }
        case .windowed(let window):
            builder.emit("lengths", reads: [lengths], writes: [y]) { frame in
                for example in 0..<examples {
                    let length = window.output(of: Int(frame.labels(lengths)[example]))
                    frame.labels(y)[example] = Int32(max(1, length))
                }
            }
        }
    }
}
