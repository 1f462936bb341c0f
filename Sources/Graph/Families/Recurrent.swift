extension Operation {
    /// Recurrent layers: one direction of one layer over all steps, from a state of zeros.
    ///
    /// G is the number of gates, H that of hidden units. At and beyond an example's length its state and output are 0, so that
    /// a reversed walk begins at the example's own last step.
    public enum Recurrent: Sendable, Hashable {
        /// (x [T, N, F], input weights [G·H, F], hidden weights [G·H, H], input bias [G·H], hidden bias [G·H], lengths int32[N]
        /// if any, the state [N, H] and an LSTM's c [N, H] to start from if any) → (y [T, N, H], what the derivative reads).
        case recurrent(Recurrence)
        /// (hidden weights, y, what the derivative reads, dy, lengths if any) → (the derivative in the sums that input weights
        /// make, [T, N, G·H]; for a GRU also in those that hidden weights make).
        case recurrentGradient(Recurrence)
    }
}

/// A recurrent layer's cell, and the way it walks.
public struct Recurrence: Sendable, Hashable {
    /// The formulas of a step; gates stand in torch's order.
    public enum Cell: Sendable, Hashable, CaseIterable {
        /// h = tanh(a), a = W x + b + U h + c.
        case tanh
        /// h = max(a, 0).
        case relu
        /// Hochreiter and Schmidhuber 1997: gates i, f, g, o; c = f c + i g, h = o tanh(c).
        case lstm
        /// Cho et al. 2014: gates r, z, n; h = (1 − z) n + z h.
        case gru

        /// G.
        public var gates: Int {
            switch self {
            case .tanh, .relu: 1
            case .lstm: 4
            case .gru: 3
            }
        }

        /// Numbers of each unit and step that the derivative reads beside y.
        package var reserved: Int {
            switch self {
            case .tanh, .relu: 0
            case .lstm: 5
            case .gru: 4
            }
        }
    }

    /// What a step computes.
    public let cell: Cell
    /// Whether the walk goes from the last step to the first.
    public let isReversed: Bool

    public init(_ cell: Cell, isReversed: Bool = false) {
        self.cell = cell
        self.isReversed = isReversed
    }

    /// What a walk goes on with: the state and, of an LSTM, c.
    package var states: Int { cell == .lstm ? 2 : 1 }

    /// What the derivative reads of a step and an example: for each number of a unit a run of whole vectors. An LSTM's are
    /// i, f, g, o and c, a GRU's r, z, n and the sum that hidden weights make for n.
    package func reserve(hidden: Int) -> Int { cell.reserved * ((hidden + 15) / 16 * 16) }
}

extension Operation.Recurrent: OperationFamily {
    private var recurrence: Recurrence {
        switch self {
        case .recurrent(let recurrence), .recurrentGradient(let recurrence): recurrence
        }
    }

    func types(of operands: OperandTypes) -> [TensorType] {
        let gates = recurrence.cell.gates
        switch self {
        case .recurrent:
            let x = operands[0].shape
            let (input, hidden) = (operands.matrix(1), operands.matrix(2))
            operands.require(x.count == 3, "a recurrent layer reads (T, N, F)")
            operands.require(
                input.columns == x[2] && hidden.rows == gates * hidden.columns && input.rows == hidden.rows,
                "the weights fit neither the inputs nor each other")
            operands.require(
                operands[3].shape == [hidden.rows] && operands[4].shape == [hidden.rows],
                "a bias needs one value per gate and unit")
            let states = recurrence.states
            var others = Array(5..<max(5, operands.count))
            if let first = others.first, operands[first].element == .int32 {
                requireLengths(operands, at: first, examples: x[1])
                others.removeFirst()
            }
            operands.require(
                others.isEmpty
                    || others.count == states
                        && others.allSatisfy { operands[$0] == TensorType([x[1], hidden.columns]) },
                "a layer starts from \(states) states [N, H]")
            return [
                TensorType([x[0], x[1], hidden.columns]),
                TensorType([x[0], x[1], recurrence.reserve(hidden: hidden.columns)]),
            ]
        case .recurrentGradient:
            let y = operands[1].shape
            operands.require(operands[3].shape == y, "dy has another shape than y")
            requireLengths(operands, at: 4, examples: y[1])
            let made = TensorType([y[0], y[1], gates * y[2]])
            return recurrence.cell == .gru ? [made, made] : [made]
        }
    }

    private func requireLengths(_ operands: OperandTypes, at place: Int, examples: Int) {
        guard operands.count > place else { return }
        operands.require(
            operands[place] == TensorType([examples], .int32), "lengths must be int32[N], one per example")
    }

    func gradient(of dy: Tensor, at node: BackwardNode) -> [Tensor?] {
        guard case .recurrent(let recurrence) = self,
            node.operands.dropFirst(5).allSatisfy({ $0.element == .int32 })
        else { noGradient() }
        let (x, y) = (node.operands[0], node.results[0])
        let (inputWeights, hiddenWeights) = (node.operands[1], node.operands[2])
        let read = [hiddenWeights, y, node.results[1], dy] + node.operands.dropFirst(5)
        let made = dy.builder.addNode(.recurrent(.recurrentGradient(recurrence)), read.map(\.value))
        let (steps, examples, hidden) = (y.shape[0], y.shape[1], y.shape[2])
        func rows(_ result: Int) -> Tensor {
            Tensor(Graph.Value(made, result), in: dy.builder)
                .reshaped(to: [steps * examples, recurrence.cell.gates * hidden])
        }
        let ofInputs = rows(0)
        let ofHidden = recurrence.cell == .gru ? rows(1) : ofInputs
        // The state that each step starts from: y of the step before it on the way, zeros at the start.
        let before =
            recurrence.isReversed
            ? y.sliced(0, min(1, steps)..<steps).padded(0, before: 0, after: min(1, steps))
            : y.sliced(0, 0..<max(0, steps - 1)).padded(0, before: min(1, steps), after: 0)
        let inputs = x.reshaped(to: [steps * examples, x.shape[2]])
        let states = before.reshaped(to: [steps * examples, hidden])
        let wanted = node.wanted
        return [
            wanted[0] ? ofInputs.matmul(inputWeights).reshaped(to: x.shape) : nil,
            wanted[1] ? ofInputs.matmul(inputs, transposeA: true) : nil,
            wanted[2] ? ofHidden.matmul(states, transposeA: true) : nil,
            wanted[3] ? ofInputs.sum([0]).reshaped(to: node.operands[3].shape) : nil,
            wanted[4] ? ofHidden.sum([0]).reshaped(to: node.operands[4].shape) : nil,
        ]
    }

    /// The steps one by one, each a few nodes: as many nodes as there are steps, so that this is for second derivatives alone.
    var definition: Definition? {
        guard case .recurrent(let recurrence) = self else { return nil }
        return { operands in
            let x = operands[0]
            let (steps, examples) = (x.shape[0], x.shape[1])
            let hidden = operands[2].shape[1]
            let width = recurrence.cell.gates * hidden
            func bias(_ operand: Tensor) -> Tensor {
                operand.reshaped(to: [1, width]).broadcast(to: [examples, width])
            }
            let mask = operands.dropFirst(5).first { $0.element == .int32 }?.positionMask(steps: steps)
            let starts = operands.dropFirst(5).filter { $0.element != .int32 }
            var state = RecurrentState(hidden: starts.first, cell: starts.dropFirst().first)
            var outputs = Array(repeating: Tensor?.none, count: steps)
            var reserved = outputs
            for step in recurrence.isReversed ? Array((0..<steps).reversed()) : Array(0..<steps) {
                let input = x.sliced(0, step..<(step + 1)).reshaped(to: [examples, x.shape[2]])
                let ofInputs = input.matmul(operands[1], transposeB: true) + bias(operands[3])
                let ofHidden = state.hidden.map {
                    $0.matmul(operands[2], transposeB: true) + bias(operands[4])
                }
                state = state.next(recurrence.cell, ofInputs, ofHidden ?? bias(operands[4]))
                if let mask {
                    let shape = [examples, hidden]
                    let isInside = mask.sliced(1, step..<(step + 1)).broadcast(to: shape)
                    state = state.zeroed(where: isInside)
                }
                outputs[step] = state.hidden?.reshaped(to: [1, examples, hidden])
                reserved[step] = state.reserved(run: (hidden + 15) / 16 * 16)
            }
            func stacked(_ made: [Tensor?], _ width: Int) -> Tensor {
                let made = made.compactMap { $0 }
                guard made.isEmpty else { return Tensor.concatenated(made, axis: 0) }
                return x.builder.constant(0, shape: [steps, examples, width])
            }
            return [stacked(outputs, hidden), stacked(reserved, recurrence.reserve(hidden: hidden))]
        }
    }

    func flops(operands: [TensorType], results: [TensorType]) -> Int {
        let rows = results[0].shape[0] * results[0].shape[1]
        switch self {
        case .recurrent: return 2 * rows * (operands[1].count + operands[2].count)
        case .recurrentGradient: return 2 * rows * operands[0].count
        }
    }
}

/// The state of a cell while its steps are written one by one.
private struct RecurrentState {
    /// [N, H]; nil for zeros.
    var hidden: Tensor?
    /// An LSTM's c.
    var cell: Tensor?
    /// What the derivative reads of the step, each [N, H].
    var kept: [Tensor] = []

    /// The state behind a step, from the sums that input and hidden weights make.
    func next(_ kind: Recurrence.Cell, _ ofInputs: Tensor, _ ofHidden: Tensor) -> RecurrentState {
        let width = ofInputs.shape[1] / kind.gates
        func gate(_ sums: Tensor, _ place: Int) -> Tensor {
            sums.sliced(1, (place * width)..<((place + 1) * width))
        }
        let sum = ofInputs + ofHidden
        switch kind {
        case .tanh: return RecurrentState(hidden: sum.tanh())
        case .relu: return RecurrentState(hidden: sum.relu())
        case .lstm:
            let (input, forget) = (gate(sum, 0).sigmoid(), gate(sum, 1).sigmoid())
            let (candidate, output) = (gate(sum, 2).tanh(), gate(sum, 3).sigmoid())
            let kept = cell.map { forget * $0 }
            let next = kept.map { $0 + input * candidate } ?? input * candidate
            return RecurrentState(
                hidden: output * next.tanh(), cell: next, kept: [input, forget, candidate, output, next])
        case .gru:
            let (reset, update) = (gate(sum, 0).sigmoid(), gate(sum, 1).sigmoid())
            let candidate = (gate(ofInputs, 2) + reset * gate(ofHidden, 2)).tanh()
            let fresh = (-update + 1) * candidate
            return RecurrentState(
                hidden: hidden.map { fresh + update * $0 } ?? fresh,
                kept: [reset, update, candidate, gate(ofHidden, 2)])
        }
    }

    /// The state with zeros where `isInside` is 0.
    func zeroed(where isInside: Tensor) -> RecurrentState {
        let zeros = isInside.builder.constant(0, shape: isInside.shape)
        return RecurrentState(
            hidden: hidden.map { isInside.selecting($0, else: zeros) },
            cell: cell.map { isInside.selecting($0, else: zeros) },
            kept: kept.map { isInside.selecting($0, else: zeros) })
    }

    /// What the derivative reads as one row, [1, N, numbers · run]; nil of a cell that keeps nothing.
    func reserved(run: Int) -> Tensor? {
        guard !kept.isEmpty else { return nil }
        let rows = Tensor.concatenated(
            kept.map { $0.padded(1, before: 0, after: run - $0.shape[1]) }, axis: 1)
        return rows.reshaped(to: [1] + rows.shape)
    }
}

/// The weights of one direction of a recurrent layer.
public struct RecurrentWeights {
    /// (G·H, F) and (G·H, H).
    let ofInputs, ofHidden: Tensor
    /// (G·H) each.
    let inputBias, hiddenBias: Tensor

    public init(ofInputs: Tensor, ofHidden: Tensor, inputBias: Tensor, hiddenBias: Tensor) {
        self.ofInputs = ofInputs
        self.ofHidden = ofHidden
        self.inputBias = inputBias
        self.hiddenBias = hiddenBias
    }

    var all: [Tensor] { [ofInputs, ofHidden, inputBias, hiddenBias] }
}

extension Tensor {
    /// One direction of a recurrent layer over this tensor's steps, (T, N, F) → (T, N, H), from a state of zeros.
    ///
    /// - Parameter lengths: int32[N], beyond which state and output are 0; nil where all sequences are of T steps.
    public func recurrent(
        _ recurrence: Recurrence, _ weights: RecurrentWeights, lengths: Tensor? = nil
    ) -> Tensor {
        applying(.recurrent(.recurrent(recurrence)), weights.all + [lengths].compactMap { $0 })
    }

    /// The same from a state [N, H], and of an LSTM also c [N, H], with the states behind the last step; it has no derivative.
    package func recurrent(
        _ recurrence: Recurrence, _ weights: RecurrentWeights, from states: [Tensor]
    ) -> (y: Tensor, states: [Tensor]) {
        let y = applying(.recurrent(.recurrent(recurrence)), weights.all + states)
        let (steps, examples, hidden) = (y.shape[0], y.shape[1], y.shape[2])
        func last(_ x: Tensor, _ columns: Range<Int>) -> Tensor {
            x.sliced(0, (steps - 1)..<steps).sliced(2, columns).reshaped(to: [examples, hidden])
        }
        let ofHidden = last(y, 0..<hidden)
        guard recurrence.cell == .lstm else { return (y, [ofHidden]) }
        let kept = Tensor(Graph.Value(y.value.node, 1), in: builder)
        let start = 4 * ((hidden + 15) / 16 * 16)
        return (y, [ofHidden, last(kept, start..<(start + hidden))])
    }
}
