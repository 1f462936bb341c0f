import Graph

/// Recurrent layers of one kind on top of each other, each in one direction or in both.
struct RecurrentStack: Sendable {
    private let cell: Recurrence.Cell
    private let hidden: Int
    private let dropout: Double
    /// Of each layer, its directions.
    private let layers: [[Direction]]

    /// The parameters of one direction of one layer.
    private struct Direction: Sendable {
        let suffix: String
        let inputWeights: Parameter
        let hiddenWeights: Parameter
        let inputBias: Parameter?
        let hiddenBias: Parameter?

        var variables: [(label: String?, value: Any)] {
            [
                ("weight_ih_\(suffix)", inputWeights), ("weight_hh_\(suffix)", hiddenWeights),
                ("bias_ih_\(suffix)", inputBias as Any), ("bias_hh_\(suffix)", hiddenBias as Any),
            ]
        }
    }

    /// - Parameter initializer: How first values are drawn; U(−1/√H, 1/√H) as torch draws them unless given.
    init(
        _ cell: Recurrence.Cell, hidden: Int, layers: Int, isBidirectional: Bool, bias: Bool,
        dropout: Double, initializer: Initializer?
    ) {
        precondition(
            hidden > 0 && layers > 0 && (0..<1).contains(dropout),
            "\(layers) recurrent layers of \(hidden) units, dropout \(dropout)")
        self.cell = cell
        self.hidden = hidden
        self.dropout = dropout
        let bound = 1 / Double(hidden).squareRoot()
        let torch = Initializer.uniform(a: -bound, b: bound)
        self.layers = (0..<layers).map { layer in
            (isBidirectional ? ["", "_reverse"] : [""]).map { direction in
                Direction(
                    suffix: "l\(layer)\(direction)", inputWeights: Parameter(initializer ?? torch),
                    hiddenWeights: Parameter(initializer ?? torch),
                    inputBias: bias ? Parameter(torch, role: .bias) : nil,
                    hiddenBias: bias ? Parameter(torch, role: .bias) : nil)
            }
        }
    }

    /// The variables under torch's names.
    func mirror(of layer: any Layer) -> Mirror {
        Mirror(layer, children: layers.joined().flatMap(\.variables), displayStyle: .struct)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        x.readAsSequences(along: 1)
        // Inside, steps come first: the rows of a step are neighbours.
        var y = x.transposed([1, 0, 2])
        for (number, directions) in layers.enumerated() {
            if number > 0, dropout > 0, y.builder.dropsOut { y = droppedOut(y) }
            let made = directions.enumerated().map { run($1, isReversed: $0 == 1, y, lengths: x.lengths) }
            y = Tensor.concatenated(made, axis: 2)
        }
        return y.transposed([1, 0, 2]).with(lengths: x.lengths)
    }

    private func run(_ direction: Direction, isReversed: Bool, _ x: Tensor, lengths: Tensor?) -> Tensor {
        let builder = x.builder
        let width = cell.gates * hidden
        let recurrence = Recurrence(cell, isReversed: isReversed)
        let weights = RecurrentWeights(
            ofInputs: builder.variable(direction.inputWeights, shape: [width, x.shape[2]]),
            ofHidden: builder.variable(direction.hiddenWeights, shape: [width, hidden]),
            inputBias: builder.variable(direction.inputBias, shape: [width], otherwise: 0),
            hiddenBias: builder.variable(direction.hiddenBias, shape: [width], otherwise: 0))
        guard let carried = builder.carried else {
            return x.recurrent(recurrence, weights, lengths: lengths)
        }
        if isReversed { carried.refuse("a bidirectional layer reads what comes later") }
        let states = (0..<recurrence.states).map { _ in carried.state([x.shape[1], hidden], in: builder) }
        let made = x.recurrent(recurrence, weights, from: states.map(\.value))
        for (state, next) in zip(states, made.states) { carried.keep(next, at: state.place) }
        return made.y
    }

    /// Dropout counts elements of an example, whose positions follow one another.
    private func droppedOut(_ y: Tensor) -> Tensor {
        let indices = y.builder.input(.exampleIndices, TensorType([y.shape[1]], .int64))
        return y.transposed([1, 0, 2]).droppedOut(rate: dropout, exampleIndices: indices)
            .transposed([1, 0, 2])
    }

    func check(input shape: [Int]) throws(ModelError) {
        guard shape.count == 3 else {
            throw .expected(
                "sequences (N, T, features)", found: shape,
                shape.count == 2 ? "put embedding in front if these are tokens" : nil)
        }
    }
}
