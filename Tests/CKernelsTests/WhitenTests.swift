import CKernels
import Testing

/// Standardizing, correlating and whitening rows of features.
@Suite struct WhitenTests {
    @Test(arguments: testedCounts) func standardizes(count: Int) {
        var numbers = TestNumbers(seed: 60)
        let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: numbers.bits()) }
        let floats = numbers.floats(count, -2...2)
        let doubles = numbers.doubles(count, -2...2)
        let center = numbers.doubles(count, -1...1), factor = numbers.doubles(count, 0.1...9)
        func expected(_ x: [Double]) -> [Double] { x.indices.map { (x[$0] - center[$0]) * factor[$0] } }
        let n = Int64(count)
        #expect(
            agreeingF64("u8") { k in writtenF64(count) { k.standardize_u8(bytes, n, center, factor, $0) } }
                == expected(bytes.map(Double.init)))
        #expect(
            agreeingF64("f32") { k in writtenF64(count) { k.standardize_f32(floats, n, center, factor, $0) } }
                == expected(floats.map(Double.init)))
        #expect(
            agreeingF64("f64") { k in writtenF64(count) { k.standardize_f64(doubles, n, center, factor, $0) }
            }
                == expected(doubles))
    }

    @Test(arguments: [0, 1, 5, 64]) func tilesAreSumsOfProducts(m: Int) {
        var numbers = TestNumbers(seed: 61)
        let size = Int(DT_TILE)
        let a = numbers.doubles(m * size, -1...1), b = numbers.doubles(m * size, -1...1)
        let result = agreeingF64("tile_products") { kernels in
            writtenF64(size * size) { kernels.tile_products(a, b, Int64(m), $0) }
        }
        let expected = (0..<size * size).map { e in
            (0..<m).reduce(0.0) { $0 + a[$1 * size + e / size] * b[$1 * size + e % size] }
        }
        #expect(result == expected)
    }

    /// Widths and counts around a vector and a group; the same bits whatever stands beside an example.
    @Test(arguments: [1, 15, 16, 17, 50], [0, 1, 7, 8, 9, 20]) func whitens(k: Int, n: Int) {
        var numbers = TestNumbers(seed: 62)
        let x = numbers.floats(n * k, -2...2)
        let w = numbers.floats(k * k, -1...1)
        let center = numbers.doubles(k, -1...1), factor = numbers.doubles(k, 0.1...9)
        var strips = [Float](repeating: 0, count: (k + 15) / 16 * 16 * k)
        for i in 0..<k {
            for j in 0..<k { strips[(j / 16 * k + i) * 16 + j % 16] = w[i * k + j] }
        }
        var scratch = [Double](repeating: .nan, count: k * Int(DT_WHITEN_GROUP))
        for standardizes in [true, false] {
            let result = agreeing("whiten") { kernels in
                written(n * k) { y in
                    y.update(from: x, count: n * k)
                    kernels.whiten(
                        strips, Int64(k), standardizes ? center : nil, standardizes ? factor : nil, Int64(n),
                        &scratch,
                        y)
                }
            }
            let expected = (0..<n * k).map { e -> Float in
                let (row, j) = (e / k, e % k)
                return Float(
                    (0..<k).reduce(0.0) { sum, i in
                        let value = Double(x[row * k + i])
                        let z = standardizes ? (value - center[i]) * factor[i] : value
                        return sum + z * Double(w[i * k + j])
                    })
            }
            #expect(result == expected)
        }
    }
}
