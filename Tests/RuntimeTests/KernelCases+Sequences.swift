import Graph
import Layers

extension KernelCase {
    /// Recurrent layers, attention, norms of positions, and their derivatives.
    static let sequences: [KernelCase] = {
        var list = List()
        for cell in Recurrence.Cell.allCases {
            for (steps, inputs, hidden) in [(1, 1, 1), (5, 3, 7), (4, 17, 33), (3, 16, 16)] {
                addRecurrent(to: &list, cell, steps: steps, inputs: inputs, hidden: hidden)
            }
        }
        for (steps, heads, width) in [(1, 1, 1), (5, 2, 7), (33, 3, 16), (70, 2, 32)] {
            addAttention(to: &list, steps: steps, heads: heads, width: width)
        }
        for width in [3, 7, 40] { addNorms(to: &list, width: width) }
        list.add("mask of positions", x: [1], counts: [5, 2], tolerance: 0) {
            $0.labels.positionMask(steps: 3)
        }
        list.add("lengths behind windows", x: [1], counts: [5, 2], tolerance: 0) {
            $0.labels.applying(.sequence(.windowed(Window1d(kernel: 2, stride: 2, padding: 1))))
                .positionMask(steps: 3)
        }
        return list.cases
    }()

    private static func lengths(_ i: Ingredients) -> Tensor {
        i.labels.applying(.sequence(.windowed(Window1d(kernel: 1, stride: 1))))
    }

    private static func addRecurrent(
        to list: inout List, _ cell: Recurrence.Cell, steps: Int, inputs: Int, hidden: Int
    ) {
        let rows = cell.gates * hidden
        let parameters = [[rows, inputs], [rows, hidden], [rows], [rows]]
        @Sendable func weights(_ i: Ingredients) -> RecurrentWeights {
            RecurrentWeights(
                ofInputs: i.p[0] * 0.3, ofHidden: i.p[1] * 0.3, inputBias: i.p[2], hiddenBias: i.p[3])
        }
        // From states that are made of the first step.
        @Sendable func goingOn(_ i: Ingredients) -> (y: Tensor, states: [Tensor]) {
            let first = i.x.sliced(1, 0..<1).reshaped(to: [i.x.shape[0], inputs])
            let state = first.linear(weight: i.p[0].sliced(0, 0..<hidden), bias: nil).tanh()
            let recurrence = Recurrence(cell)
            return i.x.transposed([1, 0, 2]).recurrent(
                recurrence, weights(i), from: Array([state, state * 0.5].prefix(recurrence.states)))
        }
        list.add(
            "\(cell) from a state of \(steps) to \(hidden)", x: [steps, inputs], p: parameters,
            counts: [3, 0, 1, 9], tolerance: 5e-6
        ) { goingOn($0).y.transposed([1, 0, 2]) }
        for place in 0..<Recurrence(cell).states {
            list.add(
                "state \(place) behind \(cell) of \(steps) to \(hidden)", x: [steps, inputs], p: parameters,
                counts: [3, 0, 1, 9], tolerance: 5e-6
            ) { goingOn($0).states[place] }
        }
        for (isReversed, hasLengths) in [(false, false), (true, false), (false, true), (true, true)] {
            // Weights of this size keep units away from their limits, where everything is equal.
            @Sendable func run(_ i: Ingredients) -> Tensor {
                i.x.transposed([1, 0, 2]).recurrent(
                    Recurrence(cell, isReversed: isReversed), weights(i),
                    lengths: hasLengths ? lengths(i) : nil)
            }
            let name = "\(cell) reversed \(isReversed) lengths \(hasLengths) of \(steps) to \(hidden)"
            let counts = [3, 0, 1, 9]
            list.add(name, x: [steps, inputs], p: parameters, counts: counts, tolerance: 5e-6, run)
            for place in 0..<5 {
                list.add(
                    "gradient \(place) of \(name)", x: [steps, inputs], p: parameters, counts: counts,
                    tolerance: 2e-5
                ) { i in
                    let y = run(i)
                    return Differentiation.gradients(of: (y * y.tanh()).sum(), in: [i.x] + i.p)[place]
                }
            }
        }
    }

    private static func addAttention(to list: inout List, steps: Int, heads: Int, width: Int) {
        let features = heads * width
        for (isCausal, hasLengths, dropout) in [
            (false, false, 0), (true, false, 0), (false, true, 0), (true, true, 0.3),
        ] {
            @Sendable func run(_ i: Ingredients) -> Tensor {
                i.x.reshaped(to: [i.count * steps, 3 * features]).with(lengths: hasLengths ? lengths(i) : nil)
                    .selfAttention(steps: steps, heads: heads, isCausal: isCausal, dropout: dropout)
            }
            let name =
                "attention of \(heads) heads causal \(isCausal) lengths \(hasLengths) dropout \(dropout)"
            let shape = [steps, 3 * features]
            list.add(name, x: shape, counts: [3, 0, 1], tolerance: 5e-6, run)
            list.add("gradient of \(name)", x: shape, counts: [3, 0, 1], tolerance: 2e-5) { i in
                let y = run(i)
                return Differentiation.gradients(of: (y * y.tanh()).sum(), in: [i.x])[0]
            }
        }
        for (hasQueries, hasKeys) in [(false, false), (true, false), (false, true)] {
            let keys = steps + 2
            @Sendable func run(_ i: Ingredients) -> Tensor {
                let others = i.t.reshaped(to: [i.count * keys, 2 * features])
                    .with(lengths: hasKeys ? lengths(i) : nil)
                return i.x.reshaped(to: [i.count * steps, features])
                    .with(lengths: hasQueries ? lengths(i) : nil)
                    .attention(to: others, queries: steps, keys: keys, heads: heads)
            }
            let name = "attention to others, lengths \(hasQueries) \(hasKeys)"
            let (x, t) = ([steps, features], [keys, 2 * features])
            // Of a single number per head, keys of both signs cancel.
            list.add(name, x: x, t: t, counts: [3, 0, 1], tolerance: width == 1 ? 2e-5 : 5e-6, run)
            for place in 0..<2 {
                list.add("gradient \(place) of \(name)", x: x, t: t, counts: [3, 0, 1], tolerance: 2e-5) {
                    i in
                    let y = run(i)
                    return Differentiation.gradients(of: (y * y.tanh()).sum(), in: [i.x, i.t])[place]
                }
            }
        }
    }

    /// Norms of rows that stand in memory row by row, and in columns, as behind a dense layer.
    private static func addNorms(to list: inout List, width: Int) {
        for inColumns in [false, true] {
            @Sendable func rows(_ i: Ingredients) -> Tensor {
                inColumns ? i.x.linear(weight: i.p[2], bias: nil) : i.x
            }
            @Sendable func normalized(_ i: Ingredients, _ isRMS: Bool) -> Tensor {
                isRMS
                    ? rows(i).rmsNormalized(epsilon: 1e-5, weight: i.p[0])
                    : rows(i).layerNormalized(epsilon: 1e-5, weight: i.p[0], bias: i.p[1])
            }
            for isRMS in [false, true] {
                let name = "\(isRMS ? "RMS" : "layer") norm of \(width), in columns \(inColumns)"
                let parameters = [[width], [width], [width, width]]
                list.add(name, x: [width], p: parameters, counts: [3, 0, 1, 20], tolerance: 5e-6) {
                    normalized($0, isRMS)
                }
                for place in 0..<(isRMS ? 2 : 3) {
                    list.add(
                        "gradient \(place) of \(name)", x: [width], p: parameters, counts: [3, 0, 1, 20],
                        tolerance: 3e-5
                    ) { i in
                        let y = normalized(i, isRMS)
                        return Differentiation.gradients(of: (y * y.tanh()).sum(), in: [i.x] + i.p)[place]
                    }
                }
            }
        }
    }
}
