import CKernels
import Graph

/// Recurrent layers: one kernel for all steps of a direction, one for the way back through them.
struct RecurrentBinder: Binder {
    let site: Site

    func bind(_ operation: Operation.Recurrent) throws(RuntimeError) {
        switch operation {
        case .recurrent(let recurrence): try bindForward(recurrence)
        case .recurrentGradient(let recurrence): try bindGradient(recurrence)
        }
    }

    private func bindForward(_ recurrence: Recurrence) throws(RuntimeError) {
        let kernels = kernels
        let shape = type(0).shape
        let hidden = type(2).shape[1]
        var layer = dt_recurrent(recurrence, steps: shape[0], examples: shape[1])
        layer.inputs = Int64(shape[2])
        layer.hidden = Int64(hidden)
        let x = try plain(0)
        let inputWeights = try plain(1)
        let hiddenWeights = try plain(2)
        let inputBias = try plain(3)
        let hiddenBias = try plain(4)
        var others = Array(5..<max(5, node.operands.count))
        var lengths: Int?
        if let first = others.first, type(first).element == .int32 {
            lengths = try plain(first)
            others.removeFirst()
        }
        var states: [Int] = []
        for place in others { states.append(try plain(place)) }
        let y = define()
        let reserve = isReserveRead ? define(result: 1) : nil
        let all = layer
        builder.emit(
            work(recurrence, "", shape, hidden, flops: type(1).count + type(2).count),
            reads: [x, inputWeights, hiddenWeights, inputBias, hiddenBias] + [lengths].compactMap { $0 }
                + states,
            writes: [y] + [reserve].compactMap { $0 },
            scratch: Int(withUnsafePointer(to: layer) { dt_recurrent_scratch($0) })
        ) { frame in
            var layer = all
            layer.lengths = lengths.map { UnsafePointer(frame.labels($0)) }
            layer.first_state = states.first.map { UnsafePointer(frame.floats($0)) }
            layer.first_cell = states.dropFirst().first.map { UnsafePointer(frame.floats($0)) }
            kernels.pointee.recurrent(
                &layer, frame.floats(x), frame.floats(inputWeights), frame.floats(hiddenWeights),
                frame.floats(inputBias), frame.floats(hiddenBias), frame.floats(y),
                reserve.map { frame.floats($0) }, frame.scratch)
        }
    }

    private func bindGradient(_ recurrence: Recurrence) throws(RuntimeError) {
        let kernels = kernels
        let shape = type(1).shape
        var layer = dt_recurrent(recurrence, steps: shape[0], examples: shape[1])
        layer.hidden = Int64(shape[2])
        let hiddenWeights = try plain(0)
        let y = try plain(1)
        // Units without gates keep nothing.
        let reserve = recurrence.cell.reserved > 0 ? try plain(2) : nil
        let dy = try plain(3)
        let lengths = node.operands.count > 4 ? try plain(4) : nil
        let ofInputs = define()
        let ofHidden = recurrence.cell == .gru ? define(result: 1) : nil
        let all = layer
        builder.emit(
            work(recurrence, " gradient", shape, shape[2], flops: type(0).count),
            reads: [hiddenWeights, y, dy] + [reserve, lengths].compactMap { $0 },
            writes: [ofInputs] + [ofHidden].compactMap { $0 },
            scratch: Int(withUnsafePointer(to: layer) { dt_recurrent_scratch($0) })
        ) { frame in
            var layer = all
            layer.lengths = lengths.map { UnsafePointer(frame.labels($0)) }
            kernels.pointee.recurrent_gradient(
                &layer, frame.floats(hiddenWeights), frame.floats(y), reserve.map { frame.floats($0) },
                frame.floats(dy), frame.floats(ofInputs), ofHidden.map { frame.floats($0) }, frame.scratch)
        }
    }

    /// Whether anything reads what the derivative needs.
    private var isReserveRead: Bool {
        let reserve = Graph.Value(site.index, 1)
        guard builder.type(reserve).count > 0 else { return false }
        return site.context.readers[site.index].contains { reader in
            site.context.graph.nodes[reader].operands.contains(reserve)
        }
    }

    private func work(
        _ recurrence: Recurrence, _ suffix: String, _ shape: [Int], _ hidden: Int, flops: Int
    ) -> Work {
        Work(
            "\(recurrence.cell)\(suffix)", detail: "\(shape[0]) steps of \(shape[1]) x \(hidden)",
            flops: 2 * shape[0] * shape[1] * flops)
    }
}

extension dt_recurrent {
    fileprivate init(_ recurrence: Recurrence, steps: Int, examples: Int) {
        self.init()
        kind = recurrence.cell.kernel
        self.steps = Int64(steps)
        self.examples = Int64(examples)
        reversed = recurrence.isReversed
    }
}

extension Recurrence.Cell {
    fileprivate var kernel: dt_recurrent_kind {
        switch self {
        case .tanh: DT_RNN_TANH
        case .relu: DT_RNN_RELU
        case .lstm: DT_LSTM
        case .gru: DT_GRU
        }
    }
}
