import CKernels
import Testing

/// Products of many matrices against the same sums in scalar arithmetic, bit for bit, whatever the shape.
@Suite struct BatchMatmulTests {
    struct Shape: CustomTestStringConvertible, Sendable {
        let batches, m, n, k: Int

        var testDescription: String { "\(batches) of \(m) x \(n) x \(k)" }
    }

    /// Partial vectors, partial tiles, several chunks of terms, few rows, and nothing at all.
    static let shapes: [Shape] =
        [
            (1, 1, 1, 1), (2, 3, 5, 7), (3, 17, 33, 16), (2, 32, 32, 32), (1, 14, 31, 300), (2, 29, 65, 257),
            (3, 5, 64, 513), (2, 64, 1, 20), (1, 1, 100, 64), (2, 15, 49, 40), (1, 20, 48, 1024),
            (0, 3, 3, 3), (2, 0, 3, 4), (2, 3, 0, 4), (2, 3, 4, 0),
        ].map { Shape(batches: $0.0, m: $0.1, n: $0.2, k: $0.3) }

    /// a · b + c, fused where the variant has the instruction.
    private static func multiplyAdd(_ variant: KernelVariant, _ a: Float, _ b: Float, _ c: Float) -> Float {
        variant.isa == DT_ISA_BASELINE ? a * b + c : c.addingProduct(a, b)
    }

    /// Σ of `count` products: chunks of 256, each one chain, added in order.
    private static func sum(_ variant: KernelVariant, _ count: Int, _ term: (Int) -> (Float, Float)) -> Float
    {
        var total: Float?
        for start in stride(from: 0, to: max(count, 1), by: 256) {
            var chain: Float = 0
            for place in start..<min(start + 256, count) {
                let (a, b) = term(place)
                chain = multiplyAdd(variant, a, b, chain)
            }
            total = total.map { $0 + chain } ?? chain
        }
        return total ?? 0
    }

    /// The product on one variant, whose scratch memory has an element behind it that must stay.
    private static func product(
        _ variant: KernelVariant, _ shape: Shape, _ a: [Float], _ b: [Float], _ transposeA: Bool,
        _ transposeB: Bool
    ) -> [Float] {
        let (m, n, k) = (Int64(shape.m), Int64(shape.n), Int64(shape.k))
        let size = Int(dt_batch_matmul_scratch(m, n, k, transposeA, transposeB)) / 4
        var c: [Float] = []
        _ = written(size) { scratch in
            c = written(shape.batches * shape.m * shape.n) {
                variant.table.batch_matmul(
                    a, b, Int64(shape.batches), m, n, k, transposeA, transposeB, scratch, $0)
            }
        }
        return c
    }

    @Test(arguments: KernelVariant.all, shapes) func products(variant: KernelVariant, shape: Shape) {
        let (m, n, k) = (shape.m, shape.n, shape.k)
        var numbers = TestNumbers(seed: 89)
        let a = numbers.floats(shape.batches * m * k, -1...1)
        let b = numbers.floats(shape.batches * k * n, -1...1)
        for (transposeA, transposeB) in [(false, false), (true, false), (false, true), (true, true)] {
            var expected: [Float] = []
            for batch in 0..<shape.batches {
                for i in 0..<m {
                    for j in 0..<n {
                        let sum = Self.sum(variant, k) { t in
                            (
                                a[batch * m * k + (transposeA ? t * m + i : i * k + t)],
                                b[batch * k * n + (transposeB ? j * k + t : t * n + j)]
                            )
                        }
                        expected.append(sum)
                    }
                }
            }
            let c = Self.product(variant, shape, a, b, transposeA, transposeB)
            #expect(c == expected, "transposed: \(transposeA), \(transposeB)")
        }
    }

    /// AVX2 and AVX-512 have the same bits.
    @Test(arguments: shapes) func fusedVariantsAgree(shape: Shape) {
        var numbers = TestNumbers(seed: 90)
        let a = numbers.floats(shape.batches * shape.m * shape.k, -1...1)
        let b = numbers.floats(shape.batches * shape.k * shape.n, -1...1)
        let results = KernelVariant.all.dropFirst().map { Self.product($0, shape, a, b, false, true) }
        for c in results.dropFirst() { #expect(c == results.first) }
    }
}
