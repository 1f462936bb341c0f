import Glibc
import Graph

/// Recurrent layers by their formulas, one number at a time.
extension ReferenceTensor {
    /// (y, what the derivative reads) of (x, input weights, hidden weights, both biases, lengths if any).
    static func recurrent(_ recurrence: Recurrence, _ operands: [ReferenceTensor]) -> [ReferenceTensor] {
        let x = operands[0]
        let (steps, examples, inputs) = (x.shape[0], x.shape[1], x.shape[2])
        let hidden = operands[2].shape[1]
        let gates = recurrence.cell.gates
        var y = ReferenceTensor([steps, examples, hidden], repeating: 0)
        let width = recurrence.reserve(hidden: hidden)
        var reserve = ReferenceTensor([steps, examples, width], repeating: 0)
        let run = hidden == 0 || recurrence.cell.reserved == 0 ? 0 : width / recurrence.cell.reserved
        // Lengths are a number for each example; states are rows.
        let lengths = operands.dropFirst(5).first { $0.shape.count == 1 }
        let states = operands.dropFirst(5).filter { $0.shape.count == 2 }
        for example in 0..<examples {
            func start(_ place: Int) -> [Double] {
                guard states.indices.contains(place) else { return Array(repeating: 0, count: hidden) }
                return Array(states[place].values[example * hidden..<(example + 1) * hidden])
            }
            var (h, c) = (start(0), start(1))
            for step in order(steps, recurrence) {
                let at = step * examples + example
                guard lengths.map({ Double(step) < $0.values[example] }) ?? true else {
                    h = h.map { _ in 0 }
                    c = h
                    continue
                }
                func sums(_ weights: Int, _ bias: Int, _ vector: [Double]) -> [Double] {
                    (0..<gates * hidden).map { row in
                        vector.indices.reduce(operands[bias].values[row]) {
                            $0 + operands[weights].values[row * vector.count + $1] * vector[$1]
                        }
                    }
                }
                let ofInputs = sums(1, 3, Array(x.values[at * inputs..<(at + 1) * inputs]))
                let ofHidden = sums(2, 4, h)
                for unit in 0..<hidden {
                    let numbers = Self.step(
                        recurrence.cell, (0..<gates).map { ofInputs[$0 * hidden + unit] },
                        (0..<gates).map { ofHidden[$0 * hidden + unit] }, h: h[unit], c: c[unit])
                    for (place, number) in numbers.kept.enumerated() {
                        reserve.values[at * width + place * run + unit] = number
                    }
                    (y.values[at * hidden + unit], c[unit]) = (numbers.h, numbers.c)
                }
                h = Array(y.values[at * hidden..<(at + 1) * hidden])
            }
        }
        return [y, reserve]
    }

    private static func order(_ steps: Int, _ recurrence: Recurrence) -> [Int] {
        recurrence.isReversed ? (0..<steps).reversed() : Array(0..<steps)
    }

    /// One unit's step: its new state and what its derivative reads.
    private static func step(
        _ cell: Recurrence.Cell, _ a: [Double], _ b: [Double], h: Double, c: Double
    ) -> (h: Double, c: Double, kept: [Double]) {
        func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
        switch cell {
        case .tanh: return (tanh(a[0] + b[0]), 0, [])
        case .relu: return (max(0, a[0] + b[0]), 0, [])
        case .lstm:
            let (i, f) = (sigmoid(a[0] + b[0]), sigmoid(a[1] + b[1]))
            let (g, o) = (tanh(a[2] + b[2]), sigmoid(a[3] + b[3]))
            let next = f * c + i * g
            return (o * tanh(next), next, [i, f, g, o, next])
        case .gru:
            let (r, z) = (sigmoid(a[0] + b[0]), sigmoid(a[1] + b[1]))
            let n = tanh(a[2] + r * b[2])
            return ((1 - z) * n + z * h, 0, [r, z, n, b[2]])
        }
    }

    /// The derivatives in both sums of (hidden weights, y, what the derivative reads, dy, lengths if any); of a GRU two.
    static func recurrentGradient(
        _ recurrence: Recurrence, _ operands: [ReferenceTensor]
    ) -> [ReferenceTensor] {
        let (weights, y, reserve, dy) = (operands[0], operands[1], operands[2], operands[3])
        let (steps, examples, hidden) = (y.shape[0], y.shape[1], y.shape[2])
        let (cell, gates) = (recurrence.cell, recurrence.cell.gates)
        let width = recurrence.reserve(hidden: hidden)
        let run = cell.reserved == 0 ? 0 : width / cell.reserved
        var ofInputs = ReferenceTensor([steps, examples, gates * hidden], repeating: 0)
        var ofHidden = ofInputs
        let walk = order(steps, recurrence)
        for example in 0..<examples {
            var dh = Array(repeating: 0.0, count: hidden)
            var dc = dh
            for (place, step) in walk.enumerated().reversed() {
                let at = step * examples + example
                guard operands.count < 5 || Double(step) < operands[4].values[example] else { continue }
                let before = place > 0 ? walk[place - 1] * examples + example : nil
                func kept(_ number: Int, _ unit: Int, at row: Int) -> Double {
                    reserve.values[row * width + number * run + unit]
                }
                for unit in 0..<hidden {
                    let d = dh[unit] + dy.values[at * hidden + unit]
                    let out = y.values[at * hidden + unit]
                    let last = before.map { y.values[$0 * hidden + unit] } ?? 0
                    var a: [Double]
                    var b: [Double]
                    switch cell {
                    case .tanh: (a, b) = ([d * (1 - out * out)], [d * (1 - out * out)])
                    case .relu: (a, b) = ([out > 0 ? d : 0], [out > 0 ? d : 0])
                    case .lstm:
                        let (i, f) = (kept(0, unit, at: at), kept(1, unit, at: at))
                        let (g, o) = (kept(2, unit, at: at), kept(3, unit, at: at))
                        let state = tanh(kept(4, unit, at: at))
                        let total = dc[unit] + d * o * (1 - state * state)
                        let c = before.map { kept(4, unit, at: $0) } ?? 0
                        a = [
                            total * g * i * (1 - i), total * c * f * (1 - f), total * i * (1 - g * g),
                            d * state * o * (1 - o),
                        ]
                        b = a
                        dc[unit] = total * f
                    case .gru:
                        let (r, z) = (kept(0, unit, at: at), kept(1, unit, at: at))
                        let (n, sum) = (kept(2, unit, at: at), kept(3, unit, at: at))
                        let dn = d * (1 - z) * (1 - n * n)
                        a = [dn * sum * r * (1 - r), d * (last - n) * z * (1 - z), dn]
                        b = [a[0], a[1], dn * r]
                    }
                    for gate in 0..<gates {
                        ofInputs.values[at * gates * hidden + gate * hidden + unit] = a[gate]
                        ofHidden.values[at * gates * hidden + gate * hidden + unit] = b[gate]
                    }
                    dh[unit] = cell == .gru ? d * kept(1, unit, at: at) : 0
                }
                for unit in 0..<hidden {
                    for row in 0..<gates * hidden {
                        dh[unit] +=
                            ofHidden.values[at * gates * hidden + row] * weights.values[row * hidden + unit]
                    }
                }
            }
        }
        return cell == .gru ? [ofInputs, ofHidden] : [ofInputs]
    }
}
