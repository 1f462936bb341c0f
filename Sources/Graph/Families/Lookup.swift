extension Operation {
    /// Rows of a table, chosen by their numbers.
    public enum Lookup: Sendable, Hashable {
        /// (table [V, E], int32 numbers [...]) → [..., E]: the row of each number, zeros where there is none. The frozen row has
        /// no derivative.
        case gatherRows(frozen: Int?)
        /// (dy [..., E], int32 numbers [...]) → [rows, E]: the sum of what has each number, in their order; a negative number
        /// counts nowhere. The frozen row is zeros.
        case scatterRows(rows: Int, frozen: Int?)
    }
}

extension Operation.Lookup: OperationFamily {
    func types(of operands: OperandTypes) -> [TensorType] {
        let numbers = operands[1]
        operands.require(numbers.element == .int32, "rows are chosen by int32 numbers")
        switch self {
        case .gatherRows:
            return [TensorType(numbers.shape + [operands.matrix(0).columns], operands[0].element)]
        case .scatterRows(let rows, _):
            operands.require(
                operands[0].shape.dropLast() == numbers.shape[...], "there must be a row for each number")
            return [TensorType([rows, operands[0].shape[operands[0].shape.count - 1]])]
        }
    }

    func gradient(of dy: Tensor, at node: BackwardNode) -> [Tensor?] {
        let numbers = node.operands[1]
        switch self {
        case .gatherRows(let frozen):
            return [dy.scatteredRows(numbers, rows: node.operands[0].shape[0], frozen: frozen)]
        case .scatterRows(let rows, let frozen):
            guard let frozen else { return [dy.gatheredRows(numbers)] }
            let kept = (0..<rows).map { $0 == frozen ? 0.0 : 1.0 }
            let mask = dy.builder.numbers(kept, shape: [rows, 1]).broadcast(to: dy.shape)
            return [(dy * mask).gatheredRows(numbers)]
        }
    }

    var definition: Definition? {
        switch self {
        case .gatherRows, .scatterRows: nil
        }
    }

    func flops(operands: [TensorType], results: [TensorType]) -> Int { 0 }
}

extension Tensor {
    /// The row of this table [V, E] for each of int32 `numbers` [...]: [..., E], zeros for a negative number.
    ///
    /// - Parameter frozen: A row through which no gradient flows.
    public func gatheredRows(_ numbers: Tensor, frozen: Int? = nil) -> Tensor {
        applying(.lookup(.gatherRows(frozen: frozen)), numbers)
    }

    /// For each of `rows` numbers the sum of the rows of this tensor [..., E] that have it: [rows, E].
    ///
    /// - Parameter frozen: A number whose sum is left at zeros.
    public func scatteredRows(_ numbers: Tensor, rows: Int, frozen: Int? = nil) -> Tensor {
        applying(.lookup(.scatterRows(rows: rows, frozen: frozen)), numbers)
    }
}
