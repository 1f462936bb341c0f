import COneDNN
import Testing

@Suite struct DenseTests {
    @Test(arguments: [(3, 5, 7), (1, 10, 19), (17, 33, 40)], [false, true])
    func innerProductMatchesPlainLoops(sizes: (Int, Int, Int), chosenWeights: Bool) throws {
        let (n, inputs, outputs) = sizes
        var shape = od_inner_product_shape(examples: Int64(n), inputs: Int64(inputs), outputs: Int64(outputs))
        let src = values(n * inputs, seed: 1), weights = values(outputs * inputs, seed: 2)
        let bias = values(outputs, seed: 3), diffDst = values(n * outputs, seed: 4)
        let (x, y) = (try Layout.plain([n, inputs]), try Layout.plain([n, outputs]))
        let w = chosenWeights ? nil : try Layout.plain([outputs, inputs])
        defer { withExtendedLifetime((x, y, w)) {} }

        for relu in [false, true] {
            let forward = try Primitive {
                od_inner_product_forward(&shape, true, relu, x.handle, w?.handle, y.handle, $0)
            }
            let result = try forward.run(
                [src, weights, bias, nil], outputs: [3: [n, outputs]],
                dims: [0: [n, inputs], 1: [outputs, inputs], 2: [outputs]])
            let expected = referenceProduct(
                n, outputs, inputs, a: src, transA: false, b: weights, transB: true, bias: bias)
            let rectified = expected.map { relu ? max($0, 0) : $0 }
            #expect(distance(result[3], rectified) <= tolerance(terms: inputs + 1), "\(forward.name)")
        }

        let data = try Primitive { od_inner_product_backward_data(&shape, y.handle, w?.handle, x.handle, $0) }
        let diffSrc = try data.run(
            [diffDst, weights, nil], outputs: [2: [n, inputs]],
            dims: [0: [n, outputs], 1: [outputs, inputs]])
        let expectedSrc = referenceProduct(
            n, inputs, outputs, a: diffDst, transA: false, b: weights, transB: false, bias: nil)
        #expect(distance(diffSrc[2], expectedSrc) <= tolerance(terms: outputs))

        let gradient = try Primitive {
            od_inner_product_backward_weights(&shape, true, x.handle, y.handle, w?.handle, $0)
        }
        let diffs = try gradient.run(
            [src, diffDst, nil, nil], outputs: [2: [outputs, inputs], 3: [outputs]],
            dims: [0: [n, inputs], 1: [n, outputs]])
        let expectedWeights = referenceProduct(
            outputs, inputs, n, a: diffDst, transA: true, b: src, transB: false, bias: nil)
        #expect(distance(diffs[2], expectedWeights) <= tolerance(terms: n))
        let ones = [Float](repeating: 1, count: n)
        let expectedBias = referenceProduct(
            1, outputs, n, a: ones, transA: false, b: diffDst, transB: false, bias: nil)
        #expect(distance(diffs[3], expectedBias) <= tolerance(terms: n))
    }

    @Test(arguments: [false, true], [false, true])
    func productsMatchPlainLoops(transA: Bool, transB: Bool) throws {
        for (m, n, k) in [(1, 1, 1), (5, 7, 3), (33, 18, 41)] {
            let a = values(m * k, seed: 1), b = values(k * n, seed: 2), bias = values(n, seed: 3)
            let expected = referenceProduct(m, n, k, a: a, transA: transA, b: b, transB: transB, bias: bias)
            let primitive = try Primitive {
                od_matmul_create(Int64(m), Int64(n), Int64(k), transA, transB, true, true, false, $0)
            }
            let c = Buffer(bytes: m * n * 4)
            try Call(primitive, [Buffer(a), Buffer(b), Buffer(bias), c]).run()
            let rectified = expected.map { max($0, 0) }
            #expect(distance(c.values, rectified) <= tolerance(terms: k + 1), "\(primitive.name)")

            // Rows longer than the matrix, and beta: C = 2 op(A) op(B) + C.
            let sums = Buffer(values(m * (n + 3), seed: 5))
            let before = sums.values
            try withExtendedLifetime(sums) {
                try check(
                    od_sgemm(
                        transA, transB, Int64(m), Int64(n), Int64(k), 2, a, Int64(transA ? m : k), b,
                        Int64(transB ? k : n), 1, sums.floats.baseAddress, Int64(n + 3)))
            }
            let product = referenceProduct(m, n, k, a: a, transA: transA, b: b, transB: transB, bias: nil)
            let after = before.indices.map { at -> Float in
                let (row, column) = (at / (n + 3), at % (n + 3))
                return column < n ? before[at] + 2 * product[row * n + column] : before[at]
            }
            #expect(distance(sums.values, after) <= 2 * tolerance(terms: k + 1))
        }
    }

    @Test func chosenWeightsOfAProduct() throws {
        let (m, n, k) = (9, 35, 21)
        let a = values(m * k, seed: 1), b = values(k * n, seed: 2)
        let primitive = try Primitive { od_matmul_create(9, 35, 21, false, false, false, false, true, $0) }
        #expect(primitive.layout(Int(OD_MATMUL_BIAS)) == nil)
        let result = try primitive.run(
            [a, b, nil, nil], outputs: [3: [m, n]], dims: [0: [m, k], 1: [k, n]])
        let expected = referenceProduct(m, n, k, a: a, transA: false, b: b, transB: false, bias: nil)
        #expect(distance(result[3], expected) <= tolerance(terms: k))
    }
}
