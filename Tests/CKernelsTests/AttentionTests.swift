import CKernels
import Foundation
import Testing

/// Attention and its gradient against the formulas in Float64, and each example against itself alone.
@Suite struct AttentionTests {
    /// What a call computes: sizes, what queries see, and dropout.
    struct Shape: CustomTestStringConvertible, Sendable {
        var examples, queries, keys, heads, dimension: Int
        var causal = false
        var hasLengths = false
        var rate: Float = 0

        var paddedQueries: Int { (examples * queries + 15) / 16 * 16 }
        var paddedKeys: Int { (examples * keys + 15) / 16 * 16 }
        var features: Int { heads * dimension }

        var testDescription: String {
            "\(examples) x \(queries) to \(keys), \(heads) heads of \(dimension)"
                + (causal ? ", causal" : "") + (hasLengths ? ", lengths" : "")
                + (rate > 0 ? ", dropout \(rate)" : "")
        }
    }

    /// Partial vectors, blocks and tiles of positions; features fewer and more than a vector.
    static let shapes: [Shape] = {
        var shapes: [Shape] = []
        for (place, length) in [1, 5, 17, 33, 130].enumerated() {
            for (other, dimension) in [1, 7, 32, 64].enumerated() where length < 130 || dimension < 64 {
                let examples = (place + other) % 2 == 0 ? 3 : 1
                let plain = Shape(
                    examples: examples, queries: length, keys: length, heads: 1 + place % 2,
                    dimension: dimension)
                var masked = plain
                masked.causal = true
                masked.hasLengths = other % 2 == 0
                masked.rate = place % 2 == 0 ? 0.3 : 0
                shapes += [plain, masked]
            }
        }
        shapes.append(Shape(examples: 2, queries: 5, keys: 130, heads: 2, dimension: 24, hasLengths: true))
        shapes.append(Shape(examples: 2, queries: 70, keys: 17, heads: 1, dimension: 16, rate: 0.5))
        shapes.append(
            Shape(examples: 2, queries: 31, keys: 259, heads: 1, dimension: 3, hasLengths: true, rate: 0.1))
        shapes.append(Shape(examples: 1, queries: 257, keys: 257, heads: 1, dimension: 8, causal: true))
        shapes.append(Shape(examples: 1, queries: 20, keys: 20, heads: 1, dimension: 8, rate: 1))
        shapes.append(Shape(examples: 2, queries: 0, keys: 3, heads: 1, dimension: 8))
        return shapes
    }()

    /// Results of a call, in columns.
    private struct Results {
        var y, lse, dq, dk, dv: [Float]
    }

    /// Operands in columns; padding and what lies beyond an example's lengths are NaN, which must not spread.
    private struct Problem {
        static let key = dt_philox_key(word: (0x1234_5678, 0x9ABC_DEF0))
        static let tag: UInt32 = 77

        var shape: Shape
        var queryLengths, keyLengths: [Int32]
        var indices: [Int64]
        var q, k, v, dy: [Float]

        init(_ shape: Shape, seed: UInt64) {
            var numbers = TestNumbers(seed: seed)
            let (n, t, s) = (shape.examples, shape.queries, shape.keys)
            self.shape = shape
            indices = (0..<n).map { [5_000_000_000, -1, 7][$0 % 3] }
            queryLengths = (0..<n).map { Int32(shape.hasLengths ? max(0, t - 4 * $0 - 1) : t) }
            keyLengths = (0..<n).map { Int32(shape.hasLengths ? max(1, s - 5 * $0) : s) }
            let (queries, keys) = (queryLengths, keyLengths)
            func columns(_ length: Int, _ padded: Int, _ lengths: [Int32]) -> [Float] {
                (0..<shape.features * padded).map { place in
                    let position = place % padded, value = Float(numbers.number(-1...1))
                    if position >= n * length { return .nan }
                    return position % length < Int(lengths[position / length]) ? value : .nan
                }
            }
            q = columns(t, shape.paddedQueries, queries)
            k = columns(s, shape.paddedKeys, keys)
            v = columns(s, shape.paddedKeys, keys)
            dy = columns(t, shape.paddedQueries, queries)
        }

        /// Example n alone.
        func alone(_ n: Int) -> Problem {
            var one = self
            one.shape.examples = 1
            one.queryLengths = [queryLengths[n]]
            one.keyLengths = [keyLengths[n]]
            one.indices = [indices[n]]
            one.q = taken(q, n, shape.queries, one.shape.paddedQueries)
            one.k = taken(k, n, shape.keys, one.shape.paddedKeys)
            one.v = taken(v, n, shape.keys, one.shape.paddedKeys)
            one.dy = taken(dy, n, shape.queries, one.shape.paddedQueries)
            return one
        }

        /// The columns of example n, with new padding.
        func taken(_ x: [Float], _ n: Int, _ length: Int, _ padded: Int) -> [Float] {
            let stride = (shape.examples * length + 15) / 16 * 16
            return (0..<shape.features * padded).map { place in
                let position = place % padded
                return position < length ? x[place / padded * stride + n * length + position] : .nan
            }
        }

        /// Calls body with the descriptor, whose pointers live as long as the call.
        func described<Result>(_ body: (UnsafePointer<dt_attention>) -> Result) -> Result {
            queryLengths.withUnsafeBufferPointer { queries in
                keyLengths.withUnsafeBufferPointer { keys in
                    indices.withUnsafeBufferPointer { indices in
                        let hasLengths = shape.hasLengths
                        let a = dt_attention(
                            examples: Int64(shape.examples), queries: Int64(shape.queries),
                            keys: Int64(shape.keys), heads: Int64(shape.heads),
                            head_dim: Int64(shape.dimension), padded_queries: Int64(shape.paddedQueries),
                            padded_keys: Int64(shape.paddedKeys), causal: shape.causal,
                            query_lengths: hasLengths ? queries.baseAddress : nil,
                            key_lengths: hasLengths ? keys.baseAddress : nil, rate: shape.rate,
                            key: Self.key, tag: Self.tag,
                            indices: shape.rate > 0 ? indices.baseAddress : nil)
                        return withUnsafePointer(to: a, body)
                    }
                }
            }
        }

        func results(_ kernels: dt_kernels) -> Results {
            described { a in
                let bytes = Int(dt_attention_scratch(a))
                var scratch = [UInt8](repeating: 0xFF, count: bytes + 1)
                scratch[bytes] = 0x5A
                let queries = shape.features * shape.paddedQueries, keys = shape.features * shape.paddedKeys
                var lse: [Float] = [], dk: [Float] = [], dv: [Float] = []
                let y = written(queries) { y in
                    lse = written(shape.examples * shape.heads * shape.queries) { lse in
                        kernels.attention(a, q, k, v, y, lse, &scratch)
                    }
                }
                let withoutLse = written(queries) { kernels.attention(a, q, k, v, $0, nil, &scratch) }
                #expect(bits(withoutLse) == bits(y))
                let dq = written(queries) { dq in
                    dk = written(keys) { dk in
                        dv = written(keys) { dv in
                            kernels.attention_gradient(a, q, k, v, y, lse, dy, dq, dk, dv, &scratch)
                        }
                    }
                }
                #expect(scratch[bytes] == 0x5A)
                return Results(y: y, lse: lse, dq: dq, dk: dk, dv: dv)
            }
        }
    }

    /// The same in Float64; zeros where nothing is defined.
    private struct Exact {
        var y, lse, dq, dk, dv: [Double]

        init(_ problem: Problem) {
            let shape = problem.shape
            y = [Double](repeating: 0, count: shape.features * shape.paddedQueries)
            dk = [Double](repeating: 0, count: shape.features * shape.paddedKeys)
            lse = [Double](repeating: 0, count: shape.examples * shape.heads * shape.queries)
            (dq, dv) = (y, dk)
            for n in 0..<shape.examples {
                for head in 0..<shape.heads {
                    for i in 0..<Int(problem.queryLengths[n]) { add(problem, n, head, i) }
                }
            }
        }

        /// One query's part of all results.
        private mutating func add(_ problem: Problem, _ n: Int, _ head: Int, _ i: Int) {
            let shape = problem.shape, keys = Int(problem.keyLengths[n]), d = shape.dimension
            let seen = shape.causal ? min(keys, i + 1) : keys, scale = 1 / Double(d).squareRoot()
            let queryRows = (0..<d).map { (head * d + $0) * shape.paddedQueries + n * shape.queries + i }
            let keyRows = (0..<d).map { (head * d + $0) * shape.paddedKeys + n * shape.keys }
            let q = queryRows.map { Double(problem.q[$0]) }, dy = queryRows.map { Double(problem.dy[$0]) }
            var scores = [Double](repeating: 0, count: seen), g = scores
            for j in 0..<seen {
                for e in 0..<d {
                    scores[j] += q[e] * Double(problem.k[keyRows[e] + j]) * scale
                    g[j] += dy[e] * Double(problem.v[keyRows[e] + j])
                }
            }
            let peak = scores.max() ?? 0, sum = scores.reduce(0) { $0 + exp($1 - peak) }
            lse[(n * shape.heads + head) * shape.queries + i] = peak + log(sum)
            let p = scores.map { exp($0 - peak) / sum }
            let mask = (0..<seen).map {
                Self.mask(problem, n, (head * shape.queries + i) * shape.keys + $0)
            }
            let mean = (0..<seen).reduce(0) { $0 + p[$1] * mask[$1] * g[$1] }
            for j in 0..<seen {
                let weight = p[j] * mask[j], ds = p[j] * (mask[j] * g[j] - mean) * scale
                for e in 0..<d {
                    y[queryRows[e]] += weight * Double(problem.v[keyRows[e] + j])
                    dq[queryRows[e]] += ds * Double(problem.k[keyRows[e] + j])
                    dk[keyRows[e] + j] += ds * q[e]
                    dv[keyRows[e] + j] += weight * dy[e]
                }
            }
        }

        /// Dropout's mask by the scalar generator.
        private static func mask(_ problem: Problem, _ n: Int, _ element: Int) -> Double {
            let rate = Double(problem.shape.rate)
            if rate == 0 { return 1 }
            let index = UInt64(bitPattern: problem.indices[n])
            let counter = dt_philox_block(
                word: (
                    UInt32(element / 4), Problem.tag, UInt32(truncatingIfNeeded: index), UInt32(index >> 32)
                ))
            let block = dt_philox(Problem.key, counter).word
            let word = [block.0, block.1, block.2, block.3][element % 4]
            return Double(word) >= rate * 0x1p32 ? Double(Float(1 / (1 - rate))) : 0
        }
    }

    private func largest(_ x: [Double]) -> Double { x.reduce(1e-30) { max($0, abs($1)) } }

    /// The largest error at real positions, `count` of each row of `padded`; NaN errs without bound.
    private func error(_ found: [Float], _ exact: [Double], _ count: Int, _ padded: Int) -> Double {
        var worst = found.count == exact.count ? 0 : Double.infinity
        for place in found.indices where place % padded < count {
            let difference = abs(Double(found[place]) - exact[place])
            worst = difference <= worst ? worst : difference.isNaN ? .infinity : difference
        }
        return worst
    }

    @Test(arguments: KernelVariant.all, shapes)
    func attentionAndGradient(variant: KernelVariant, shape: Shape) {
        let problem = Problem(shape, seed: 51)
        let found = problem.results(variant.table), exact = Exact(problem)
        let queries = shape.examples * shape.queries, keys = shape.examples * shape.keys
        // Where values nearly cancel, their own size is the measure.
        #expect(
            error(found.y, exact.y, queries, shape.paddedQueries) < 1e-6 * max(largest(exact.y), 0.3))
        #expect(error(found.lse, exact.lse, 1, 1) < 2e-6)
        // A query that sees one key has no gradient: all three gradients have one measure.
        let scale = 5e-6 * max(largest(exact.dq), largest(exact.dk), largest(exact.dv))
        #expect(error(found.dq, exact.dq, queries, shape.paddedQueries) < scale)
        #expect(error(found.dk, exact.dk, keys, shape.paddedKeys) < scale)
        #expect(error(found.dv, exact.dv, keys, shape.paddedKeys) < scale)
        for place in found.y.indices where place % shape.paddedQueries >= queries {
            #expect(found.y[place].isNaN && found.dq[place].isNaN, "padding is written")
        }
        for place in found.dk.indices where place % shape.paddedKeys >= keys {
            #expect(found.dk[place].isNaN && found.dv[place].isNaN, "padding is written")
        }
    }

    /// Variants that fuse products agree bit for bit.
    @Test(arguments: shapes) func fusedVariantsAgree(shape: Shape) {
        let fused = KernelVariant.all.filter { $0.isa != DT_ISA_BASELINE }
        let results = fused.map { Problem(shape, seed: 52).results($0.table) }
        for result in results.dropFirst() {
            #expect(bits(result.y) == bits(results[0].y) && bits(result.lse) == bits(results[0].lse))
            #expect(bits(result.dq) == bits(results[0].dq))
            #expect(bits(result.dk) == bits(results[0].dk) && bits(result.dv) == bits(results[0].dv))
        }
    }

    /// An example's results depend neither on its place nor on the other examples.
    @Test(arguments: KernelVariant.all, shapes.filter { $0.examples > 1 })
    func examplesAreIndependent(variant: KernelVariant, shape: Shape) {
        let problem = Problem(shape, seed: 53), all = problem.results(variant.table)
        for n in 0..<shape.examples {
            let one = problem.alone(n), alone = one.results(variant.table)
            func queries(_ x: [Float]) -> [Float] {
                problem.taken(x, n, shape.queries, one.shape.paddedQueries)
            }
            func keys(_ x: [Float]) -> [Float] { problem.taken(x, n, shape.keys, one.shape.paddedKeys) }
            #expect(bits(alone.y) == bits(queries(all.y)) && bits(alone.dq) == bits(queries(all.dq)))
            #expect(bits(alone.dk) == bits(keys(all.dk)) && bits(alone.dv) == bits(keys(all.dv)))
            let sums = shape.heads * shape.queries
            #expect(bits(alone.lse) == bits(Array(all.lse[n * sums..<(n + 1) * sums])))
        }
    }

    /// Operands in one packed array, results in place of them.
    @Test(arguments: KernelVariant.all) func packedInPlace(variant: KernelVariant) {
        let shape = Shape(examples: 2, queries: 37, keys: 37, heads: 2, dimension: 20, causal: true)
        let problem = Problem(shape, seed: 54), apart = problem.results(variant.table)
        let size = shape.features * shape.paddedQueries
        var forward = problem.q + problem.k + problem.v, backward = forward
        problem.described { a in
            var scratch = [UInt8](repeating: 0, count: Int(dt_attention_scratch(a)))
            forward.withUnsafeMutableBufferPointer { buffer in
                guard let x = buffer.baseAddress else { return }
                variant.table.attention(a, x, x + size, x + 2 * size, x, nil, &scratch)
            }
            backward.withUnsafeMutableBufferPointer { buffer in
                guard let x = buffer.baseAddress else { return }
                variant.table.attention_gradient(
                    a, x, x + size, x + 2 * size, apart.y, apart.lse, problem.dy, x, x + size, x + 2 * size,
                    &scratch)
            }
        }
        #expect(bits(Array(forward[..<size])) == bits(apart.y))
        #expect(bits(backward) == bits(apart.dq + apart.dk + apart.dv))
    }

    /// Scores whose exponentials no Float32 holds.
    @Test(arguments: KernelVariant.all) func largeScores(variant: KernelVariant) {
        let shape = Shape(examples: 1, queries: 150, keys: 150, heads: 1, dimension: 4)
        var problem = Problem(shape, seed: 55)
        problem.q = problem.q.map { $0 * 100 }
        problem.k = problem.k.map { $0 * 100 }
        let found = problem.results(variant.table), exact = Exact(problem)
        #expect(error(found.y, exact.y, 150, shape.paddedQueries) < 1e-2)
        #expect(error(found.lse, exact.lse, 1, 1) < 1e-2)
        #expect(error(found.dv, exact.dv, 150, shape.paddedKeys) < 2e-2 * largest(exact.dv))
    }

    /// A NaN among what a query sees shows in its result, and in no other example's.
    @Test(arguments: KernelVariant.all) func nanShows(variant: KernelVariant) {
        let shape = Shape(examples: 2, queries: 20, keys: 20, heads: 1, dimension: 4)
        var problem = Problem(shape, seed: 56)
        problem.k[7] = .nan
        let y = problem.results(variant.table).y
        for place in y.indices where place % shape.paddedQueries < 40 {
            #expect(y[place].isNaN == (place % shape.paddedQueries < 20))
        }
    }

    /// Memory for scratch grows with the keys, and not with their product with queries.
    @Test func scratchIsSmall() {
        func bytes(_ length: Int) -> Int {
            let shape = Shape(
                examples: 1, queries: length, keys: length, heads: 1, dimension: 64, causal: true)
            return shape.descriptor { Int(dt_attention_scratch($0)) }
        }
        #expect(bytes(100_000) < 4 * 4 * 64 * 100_000 + 1_000_000)
    }
}

extension AttentionTests.Shape {
    /// Calls body with a descriptor without lengths and dropout.
    func descriptor<Result>(_ body: (UnsafePointer<dt_attention>) -> Result) -> Result {
        var a = dt_attention()
        a.examples = Int64(examples)
        a.queries = Int64(queries)
        a.keys = Int64(keys)
        a.heads = Int64(heads)
        a.head_dim = Int64(dimension)
        return withUnsafePointer(to: a, body)
    }
}
