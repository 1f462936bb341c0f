import CKernels
import Foundation
import Testing

/// Recurrent layers against the same formulas in Float64, and every example against itself in other company.
@Suite struct RecurrentTests {
    static let kinds = [DT_RNN_TANH, DT_RNN_RELU, DT_LSTM, DT_GRU]

    struct Shape: CustomTestStringConvertible, Sendable {
        let steps, examples, inputs, hidden: Int

        var testDescription: String { "\(steps) steps of (\(examples), \(inputs)) to \(hidden) units" }
    }

    /// Single units, partial and several vectors, several tiles and blocks of rows, several chunks of terms.
    static let shapes = [
        Shape(steps: 1, examples: 1, inputs: 1, hidden: 1),
        Shape(steps: 2, examples: 3, inputs: 6, hidden: 1),
        Shape(steps: 5, examples: 17, inputs: 1, hidden: 7),
        Shape(steps: 2, examples: 8, inputs: 6, hidden: 7),
        Shape(steps: 5, examples: 8, inputs: 6, hidden: 16),
        Shape(steps: 1, examples: 9, inputs: 6, hidden: 16),
        Shape(steps: 5, examples: 9, inputs: 1, hidden: 33),
        Shape(steps: 2, examples: 1, inputs: 6, hidden: 33),
        Shape(steps: 50, examples: 3, inputs: 20, hidden: 64),
        Shape(steps: 3, examples: 40, inputs: 8, hidden: 32),
        Shape(steps: 3, examples: 13, inputs: 300, hidden: 129),
    ]

    /// A layer with its operands, and the gradient of its output.
    struct Problem {
        let kind: dt_recurrent_kind
        let shape: Shape
        let isReversed: Bool
        let lengths: [Int32]?
        let x, inputWeights, stateWeights, dy: [Float]
        let inputBias, stateBias: [Float]?

        var gates: Int { Int(dt_recurrent_gates(kind)) }

        /// Rows of steps and examples that are over hold NaN, which must not spread.
        init(_ kind: dt_recurrent_kind, _ shape: Shape, isReversed: Bool, hasLengths: Bool, biases: Int) {
            var numbers = TestNumbers(seed: 41)
            let (hidden, inputs, examples) = (shape.hidden, shape.inputs, shape.examples)
            let rows = Int(dt_recurrent_gates(kind)) * hidden
            let bound = 1 / Double(hidden).squareRoot(), inputBound = 1 / Double(inputs).squareRoot()
            let lengths = (0..<examples).map { _ in Int32(numbers.bits() % UInt64(shape.steps + 1)) }
            var x = numbers.floats(shape.steps * examples * inputs, -1...1)
            var dy = numbers.floats(shape.steps * examples * hidden, -1...1)
            if hasLengths {
                for row in 0..<shape.steps * examples where row / examples >= Int(lengths[row % examples]) {
                    for place in row * inputs..<(row + 1) * inputs { x[place] = .nan }
                    for place in row * hidden..<(row + 1) * hidden { dy[place] = .nan }
                }
            }
            (self.kind, self.shape, self.isReversed) = (kind, shape, isReversed)
            (self.x, self.dy, self.lengths) = (x, dy, hasLengths ? lengths : nil)
            inputWeights = numbers.floats(rows * inputs, -inputBound...inputBound)
            stateWeights = numbers.floats(rows * hidden, -bound...bound)
            inputBias = biases & 1 != 0 ? numbers.floats(rows, -bound...bound) : nil
            stateBias = biases & 2 != 0 ? numbers.floats(rows, -bound...bound) : nil
        }

        /// The same layer on some of the examples.
        init(_ whole: Problem, examples: Range<Int>) {
            let all = whole.shape.examples
            (kind, isReversed) = (whole.kind, whole.isReversed)
            shape = Shape(
                steps: whole.shape.steps, examples: examples.count, inputs: whole.shape.inputs,
                hidden: whole.shape.hidden)
            lengths = whole.lengths.map { Array($0[examples]) }
            x = RecurrentTests.rows(whole.x, of: all, examples, width: shape.inputs)
            dy = RecurrentTests.rows(whole.dy, of: all, examples, width: shape.hidden)
            (inputWeights, stateWeights) = (whole.inputWeights, whole.stateWeights)
            (inputBias, stateBias) = (whole.inputBias, whole.stateBias)
        }
    }

    /// Some examples' rows of an array [steps][all][width].
    private static func rows(_ x: [Float], of all: Int, _ examples: Range<Int>, width: Int) -> [Float] {
        (0..<x.count / (all * width)).flatMap { step in
            x[(step * all + examples.lowerBound) * width..<(step * all + examples.upperBound) * width]
        }
    }

    /// What the kernels write; dhidden is empty unless it differs from dgates.
    struct Outcome {
        var y, reserve, dgates, dhidden: [Float]
    }

    /// Runs both directions in scratch memory of NaN, of which one more byte must stay as it is.
    private static func outcome(_ p: Problem, _ table: dt_kernels) -> Outcome {
        let lengths = p.lengths ?? []
        return lengths.withUnsafeBufferPointer { stored in
            var layer = dt_recurrent(
                kind: p.kind, steps: Int64(p.shape.steps), examples: Int64(p.shape.examples),
                inputs: Int64(p.shape.inputs), hidden: Int64(p.shape.hidden), reversed: p.isReversed,
                lengths: p.lengths == nil ? nil : stored.baseAddress, first_state: nil, first_cell: nil)
            let bytes = Int(dt_recurrent_scratch(&layer)), reserved = Int(dt_recurrent_reserve(&layer))
            let scratch = UnsafeMutableRawPointer.allocate(byteCount: bytes + 1, alignment: 4)
            defer { scratch.deallocate() }
            func spoilScratch() { memset(scratch, 0xFF, bytes + 1) }
            func checkScratch() {
                #expect(scratch.load(fromByteOffset: bytes, as: UInt8.self) == 0xFF, "wrote past the scratch")
            }
            let rows = p.shape.steps * p.shape.examples, width = rows * p.gates * p.shape.hidden
            var result = Outcome(y: [], reserve: [], dgates: [], dhidden: [])
            spoilScratch()
            result.reserve = written(reserved) { reserve in
                result.y = written(rows * p.shape.hidden) { y in
                    table.recurrent(
                        &layer, p.x, p.inputWeights, p.stateWeights, p.inputBias, p.stateBias, y, reserve,
                        scratch)
                }
            }
            checkScratch()
            spoilScratch()
            let alone = written(rows * p.shape.hidden) { y in
                table.recurrent(
                    &layer, p.x, p.inputWeights, p.stateWeights, p.inputBias, p.stateBias, y, nil, scratch)
            }
            #expect(alone == result.y, "the reserve matters")
            let reserve: [Float]? = reserved > 0 ? result.reserve : nil
            spoilScratch()
            if p.kind == DT_GRU {
                result.dhidden = written(width) { dhidden in
                    result.dgates = written(width) { dgates in
                        table.recurrent_gradient(
                            &layer, p.stateWeights, result.y, reserve, p.dy, dgates, dhidden, scratch)
                    }
                }
            } else {
                result.dgates = written(width) { dgates in
                    table.recurrent_gradient(
                        &layer, p.stateWeights, result.y, reserve, p.dy, dgates, nil, scratch)
                }
            }
            checkScratch()
            return result
        }
    }

    // MARK: The formulas in Float64

    private static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

    /// A unit's next state and cell's state, and its gates, from the sums that inputs and states make for its
    /// gates; of a GRU also the state's sum for n.
    private static func step(
        _ kind: dt_recurrent_kind, _ input: [Double], _ state: [Double], _ h: Double, _ c: Double
    ) -> (h: Double, c: Double, gates: [Double]) {
        let sums = zip(input, state).map { $0 + $1 }
        switch kind {
        case DT_RNN_TANH: return (tanh(sums[0]), 0, [])
        case DT_RNN_RELU: return (max(sums[0], 0), 0, [])
        case DT_LSTM:
            let (i, f, g, o) = (sigmoid(sums[0]), sigmoid(sums[1]), tanh(sums[2]), sigmoid(sums[3]))
            let next = f * c + i * g
            return (o * tanh(next), next, [i, f, g, o])
        default:
            let (r, z) = (sigmoid(sums[0]), sigmoid(sums[1]))
            let n = tanh(input[2] + r * state[2])
            return ((1 - z) * n + z * h, 0, [r, z, n, state[2]])
        }
    }

    /// The gradients in a unit's sums, those of inputs and those of states, and what reaches the step before
    /// directly.
    private static func gradient(
        _ kind: dt_recurrent_kind, gates: [Double], h: Double, c: Double, before: (h: Double, c: Double),
        dh: Double, dc: Double
    ) -> (input: [Double], state: [Double], dh: Double, dc: Double) {
        switch kind {
        case DT_RNN_TANH: return ([dh * (1 - h * h)], [dh * (1 - h * h)], 0, 0)
        case DT_RNN_RELU: return ([h > 0 ? dh : 0], [h > 0 ? dh : 0], 0, 0)
        case DT_LSTM:
            let (i, f, g, o) = (gates[0], gates[1], gates[2], gates[3])
            let total = dc + dh * o * (1 - tanh(c) * tanh(c))
            let d = [
                total * g * i * (1 - i), total * before.c * f * (1 - f), total * i * (1 - g * g),
                dh * tanh(c) * o * (1 - o),
            ]
            return (d, d, 0, total * f)
        default:
            let (r, z, n, inner) = (gates[0], gates[1], gates[2], gates[3])
            let dn = dh * (1 - z) * (1 - n * n)
            let dr = dn * inner * r * (1 - r), dz = dh * (before.h - n) * z * (1 - z)
            return ([dr, dz, dn], [dr, dz, dn * r], dh * z, 0)
        }
    }

    struct Exact {
        var y, dgates, dhidden: [Double]
    }

    private static func exact(_ p: Problem) -> Exact {
        let (hidden, gates, examples) = (p.shape.hidden, p.gates, p.shape.examples)
        let rows = p.shape.steps * examples, zeros = [Double](repeating: 0, count: hidden)
        var result = Exact(
            y: [Double](repeating: 0, count: rows * hidden),
            dgates: [Double](repeating: 0, count: rows * gates * hidden),
            dhidden: [Double](repeating: 0, count: rows * gates * hidden))
        let inputWeights = p.inputWeights.map(Double.init), stateWeights = p.stateWeights.map(Double.init)
        for example in 0..<examples {
            let length = p.lengths.map { Int($0[example]) } ?? p.shape.steps
            let walk = p.isReversed ? Array((0..<length).reversed()) : Array(0..<length)
            // States before the first step and after each one.
            var h = [zeros], c = [zeros]
            var kept: [[[Double]]] = []
            for (place, time) in walk.enumerated() {
                let row = time * examples + example
                let x = p.x[row * p.shape.inputs..<(row + 1) * p.shape.inputs].map(Double.init)
                func sum(_ weights: [Double], _ bias: [Float]?, _ line: Int, _ values: [Double]) -> Double {
                    var sum = bias.map { Double($0[line]) } ?? 0
                    for k in values.indices { sum += weights[line * values.count + k] * values[k] }
                    return sum
                }
                let units = (0..<hidden).map { unit in
                    step(
                        p.kind, (0..<gates).map { sum(inputWeights, p.inputBias, $0 * hidden + unit, x) },
                        (0..<gates).map { sum(stateWeights, p.stateBias, $0 * hidden + unit, h[place]) },
                        h[place][unit], c[place][unit])
                }
                h.append(units.map(\.h))
                c.append(units.map(\.c))
                kept.append(units.map(\.gates))
                for unit in 0..<hidden { result.y[row * hidden + unit] = units[unit].h }
            }
            var (dh, dc) = (zeros, zeros)
            for (place, time) in walk.enumerated().reversed() {
                let row = time * examples + example
                var direct = zeros
                for unit in 0..<hidden {
                    let d = gradient(
                        p.kind, gates: kept[place][unit], h: h[place + 1][unit], c: c[place + 1][unit],
                        before: (h[place][unit], c[place][unit]),
                        dh: dh[unit] + Double(p.dy[row * hidden + unit]),
                        dc: dc[unit])
                    for gate in 0..<gates {
                        result.dgates[(row * gates + gate) * hidden + unit] = d.input[gate]
                        result.dhidden[(row * gates + gate) * hidden + unit] = d.state[gate]
                    }
                    (direct[unit], dc[unit]) = (d.dh, d.dc)
                }
                dh = direct
                for line in 0..<gates * hidden {
                    let d = result.dhidden[row * gates * hidden + line]
                    for unit in 0..<hidden { dh[unit] += d * stateWeights[line * hidden + unit] }
                }
            }
        }
        return result
    }

    /// The largest difference, NaN if there is one, as a share of the largest exact value or of `least`.
    private static func error(_ result: [Float], _ exact: [Double], least: Double) -> Double {
        var worst = 0.0, scale = least
        for (value, right) in zip(result, exact) {
            let difference = abs(Double(value) - right)
            if !(difference <= worst) { worst = difference }
            scale = max(scale, abs(right))
        }
        return worst / scale
    }

    // MARK: Tests

    /// Every kind both ways, with and without lengths and either bias.
    private static func problems(_ shape: Shape) -> [Problem] {
        kinds.flatMap { kind in
            [(false, false, 3), (true, false, 0), (false, true, 1), (true, true, 2)].map {
                Problem(kind, shape, isReversed: $0.0, hasLengths: $0.1, biases: $0.2)
            }
        }
    }

    private static func name(_ p: Problem) -> String {
        "kind \(p.kind.rawValue), reversed \(p.isReversed), lengths \(p.lengths ?? [])"
    }

    @Test(arguments: KernelVariant.all, shapes) func values(variant: KernelVariant, shape: Shape) {
        for p in Self.problems(shape) {
            let result = Self.outcome(p, variant.table), exact = Self.exact(p), name = Self.name(p)
            #expect(Self.error(result.y, exact.y, least: 1) <= 1e-6, "y, \(name)")
            #expect(Self.error(result.dgates, exact.dgates, least: 0.1) <= 1e-5, "dgates, \(name)")
            #expect(
                p.kind != DT_GRU || Self.error(result.dhidden, exact.dhidden, least: 0.1) <= 1e-5, "\(name)")
        }
    }

    /// A walk in two pieces, the second of which starts from the state that the first has left, is the whole walk.
    @Test(arguments: KernelVariant.all, shapes) func piecesAreTheWhole(variant: KernelVariant, shape: Shape) {
        for p in Self.problems(shape) where p.lengths == nil && !p.isReversed && shape.steps > 1 {
            let whole = Self.outcome(p, variant.table)
            let (examples, hidden) = (shape.examples, shape.hidden)
            let first = shape.steps / 2
            let padded = (hidden + 15) / 16 * 16
            let kept = Int(dt_recurrent_reserve_rows(p.kind)) * padded
            let state = Array(whole.y[(first - 1) * examples * hidden..<first * examples * hidden])
            let cell = (0..<(p.kind == DT_LSTM ? examples : 0)).flatMap { example in
                let row = ((first - 1) * examples + example) * kept + 4 * padded
                return whole.reserve[row..<row + hidden]
            }
            let rest = state.withUnsafeBufferPointer { state in
                cell.withUnsafeBufferPointer { cell in
                    var layer = dt_recurrent(
                        kind: p.kind, steps: Int64(shape.steps - first), examples: Int64(examples),
                        inputs: Int64(shape.inputs), hidden: Int64(hidden), reversed: false, lengths: nil,
                        first_state: state.baseAddress, first_cell: p.kind == DT_LSTM ? cell.baseAddress : nil
                    )
                    let scratch = UnsafeMutableRawPointer.allocate(
                        byteCount: Int(dt_recurrent_scratch(&layer)), alignment: 64)
                    defer { scratch.deallocate() }
                    return written((shape.steps - first) * examples * hidden) { y in
                        variant.table.recurrent(
                            &layer, Array(p.x[(first * examples * shape.inputs)...]), p.inputWeights,
                            p.stateWeights, p.inputBias, p.stateBias, y, nil, scratch)
                    }
                }
            }
            #expect(bits(rest) == bits(Array(whole.y[(first * examples * hidden)...])), "\(Self.name(p))")
        }
    }

    /// Where an example is over, its outputs and gradients are zero, not small.
    @Test(arguments: KernelVariant.all, shapes) func zerosBehindLengths(variant: KernelVariant, shape: Shape)
    {
        for p in Self.problems(shape) {
            guard let lengths = p.lengths else { continue }
            let result = Self.outcome(p, variant.table)
            for row in 0..<shape.steps * shape.examples
            where row / shape.examples >= Int(lengths[row % shape.examples]) {
                for array in [result.y, result.dgates, result.dhidden] where !array.isEmpty {
                    let width = array.count / (shape.steps * shape.examples)
                    #expect(array[row * width..<(row + 1) * width].allSatisfy { $0 == 0 })
                }
            }
        }
    }

    /// One example alone, eight together, and the rest: the bits are those of all together.
    @Test(arguments: KernelVariant.all, shapes) func company(variant: KernelVariant, shape: Shape) {
        let all = shape.examples
        for p in Self.problems(shape) {
            let whole = Self.outcome(p, variant.table)
            for examples in [0..<1, all - 1..<all, 0..<min(8, all), all / 2..<all] where !examples.isEmpty {
                let part = Self.outcome(Problem(p, examples: examples), variant.table)
                func same(_ part: [Float], _ whole: [Float], _ width: Int) -> Bool {
                    bits(part) == bits(Self.rows(whole, of: all, examples, width: width))
                }
                let name = "\(examples) of \(Self.name(p))"
                #expect(same(part.y, whole.y, shape.hidden), "y, \(name)")
                #expect(same(part.dgates, whole.dgates, p.gates * shape.hidden), "dgates, \(name)")
                if p.kind == DT_GRU {
                    #expect(same(part.dhidden, whole.dhidden, p.gates * shape.hidden), "dhidden, \(name)")
                }
            }
        }
    }

    /// Variants that fuse products and sums have the same bits, what is kept for the gradient included.
    @Test(arguments: shapes) func fusedVariantsAgree(shape: Shape) {
        let variants = Array(KernelVariant.all.dropFirst())
        guard let first = variants.first else { return }
        for p in Self.problems(shape) {
            let expected = Self.outcome(p, first.table)
            for variant in variants.dropFirst() {
                let result = Self.outcome(p, variant.table)
                #expect(bits(result.y) == bits(expected.y) && bits(result.reserve) == bits(expected.reserve))
                #expect(bits(result.dgates) == bits(expected.dgates))
                #expect(bits(result.dhidden) == bits(expected.dhidden))
            }
        }
    }

    /// No steps, and no examples.
    @Test(arguments: KernelVariant.all) func nothing(variant: KernelVariant) {
        for kind in Self.kinds {
            for (steps, examples) in [(0, 3), (2, 0)] {
                let shape = Shape(steps: steps, examples: examples, inputs: 2, hidden: 5)
                let p = Problem(kind, shape, isReversed: false, hasLengths: false, biases: 3)
                #expect(Self.outcome(p, variant.table).y.isEmpty)
            }
        }
    }
}
