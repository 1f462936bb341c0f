import CKernels
import Testing

/// Pooling of activations stored as bfloat16, alone and fused with batch norm: every instruction set gives the bytes that
/// Float32's kernel gives on the same values, rounded once.
@Suite struct StoredPoolingTests {
    private typealias Stored = StoredBFloat16

    /// A pooling with an image, a gradient of its output, and the winners of the image's windows.
    private struct Problem {
        let pooling: PoolingTests.Pooling
        let x, dy: [UInt16]

        init(_ pooling: PoolingTests.Pooling, seed: UInt64, special: Bool) {
            self.pooling = pooling
            let shape = pooling.shape, output = pooling.output
            x = shape.stored(
                Stored.numbers(shape.n * shape.c * shape.hw, -2...2, seed: seed, special: special))
            dy = output.stored(
                Stored.numbers(output.n * output.c * output.hw, -1...1, seed: seed + 1, special: special))
        }

        var float32: dt_activation { pooling.shape.descriptor }
        var bfloat16: dt_activation { pooling.shape.descriptor(bfloat16: true) }

        /// The winners of the windows of `x`, by Float32's kernel.
        var indices: [UInt8] {
            var indices = [UInt8](repeating: 0, count: pooling.output.count)
            _ = written(pooling.output.count) {
                dt_kernels_for(DT_ISA_BASELINE).pointee.max_pool(
                    Stored.widened(x), float32, pooling.window, $0, &indices)
            }
            return indices
        }
    }

    /// Expects `stored` to give what `exact` gives rounded, with every instruction set.
    private static func expect(
        _ what: String, _ count: Int, exact: (dt_kernels, UnsafeMutablePointer<Float>) -> Void,
        stored: (dt_kernels, UnsafeMutablePointer<UInt16>) -> Void
    ) {
        let expected = Stored.bits(Stored.rounded(agreeing(what) { k in written(count) { exact(k, $0) } }))
        for variant in KernelVariant.all {
            let found = Stored.written(count) { stored(variant.table, $0) }
            #expect(Stored.bits(found) == expected, "\(what), \(variant.testDescription)")
        }
    }

    /// Beside the poolings of PoolingTests a plain row that no tile of sums holds, under windows that overlap.
    private static let tested =
        PoolingTests.tested
        + [1, 16].map { .init(1, 1, (3, 4500), block: $0, (2, 3), (1, 2), (1, 1)) }

    @Test(arguments: tested, [false, true]) func pooling(p: PoolingTests.Pooling, special: Bool) {
        let problem = Problem(p, seed: 90, special: special), w = p.window
        let (float32, bfloat16) = (problem.float32, problem.bfloat16)
        let x = Stored.widened(problem.x), dy = Stored.widened(problem.dy), indices = problem.indices
        let inputs = p.shape.count, outputs = p.output.count

        var winners: [UInt8] = []
        Self.expect("max pool", outputs) { kernels, y in
            winners = [UInt8](repeating: 0xEE, count: outputs)
            kernels.max_pool(x, float32, w, y, &winners)
        } stored: { kernels, y in
            var found = [UInt8](repeating: 0xEE, count: outputs)
            kernels.max_pool(problem.x, bfloat16, w, y, &found)
            #expect(found == winners)
        }
        Self.expect("max pool scatter", inputs) {
            $0.max_pool_scatter(dy, indices, float32, w, $1)
        } stored: {
            $0.max_pool_scatter(problem.dy, indices, bfloat16, w, $1)
        }
        Self.expect("max pool gather", outputs) {
            $0.max_pool_gather(x, indices, float32, w, $1)
        } stored: {
            $0.max_pool_gather(problem.x, indices, bfloat16, w, $1)
        }
        Self.expect("average pool", outputs) {
            $0.average_pool(x, float32, w, $1)
        } stored: {
            $0.average_pool(problem.x, bfloat16, w, $1)
        }
        Self.expect("average pool scatter", inputs) {
            $0.average_pool_scatter(dy, float32, w, $1)
        } stored: {
            $0.average_pool_scatter(problem.dy, bfloat16, w, $1)
        }
    }

    /// Whole numbers, so that ties are frequent, of which the first wins; and zeros of both signs, which are equal.
    @Test(arguments: PoolingTests.tested) func ties(p: PoolingTests.Pooling) {
        var numbers = TestNumbers(seed: 91)
        let count = p.shape.n * p.shape.c * p.shape.hw
        let values = numbers.floats(count, -2...2).map { $0.rounded() }
        let stored = p.shape.stored(Stored.rounded(values)), x = Stored.widened(stored)
        var winners: [UInt8] = []
        Self.expect("max pool", p.output.count) { kernels, y in
            winners = [UInt8](repeating: 0xEE, count: p.output.count)
            kernels.max_pool(x, p.shape.descriptor, p.window, y, &winners)
        } stored: { kernels, y in
            var found = [UInt8](repeating: 0xEE, count: p.output.count)
            kernels.max_pool(stored, p.shape.descriptor(bfloat16: true), p.window, y, &found)
            #expect(found == winners)
        }
    }

    /// Sums are rounded when they are complete: of 1, 2^-8 and 2^-8, which are added to one pixel, nothing is lost.
    @Test(arguments: KernelVariant.all, [1, 8, 16, 5]) func sumsAreRoundedOnce(
        variant: KernelVariant, block: Int
    ) {
        // Three windows of three with stride one over a row of five: all see the middle pixel.
        let p = PoolingTests.Pooling(1, 1, (1, 5), block: block, (1, 3), (1, 1), (0, 0))
        let dy = p.output.stored(Stored.rounded([1, 0x1p-8, 0x1p-8])), l = p.shape.descriptor(bfloat16: true)
        let indices = p.output.stored([2, 1, 0] as [UInt8])
        let dx = Stored.written(p.shape.count) {
            variant.table.max_pool_scatter(dy, indices, l, p.window, $0)
        }
        #expect(p.shape.values(Stored.widened(dx)) == [0, 0, 1 + 0x1p-7, 0, 0])
    }

    // MARK: With batch norm

    @Test(arguments: BatchNormPoolTests.shapes, [false, true])
    func fusedWithBatchNorm(shape: ActivationShape, special: Bool) {
        let p = PoolingTests.Pooling(
            shape.n, shape.c, (shape.h, shape.w), block: shape.block, (2, 2), (2, 2), (0, 0))
        let problem = Problem(p, seed: 92, special: special), w = p.window, indices = problem.indices
        let (float32, bfloat16) = (problem.float32, problem.bfloat16)
        let x = Stored.widened(problem.x), dy = Stored.widened(problem.dy), inputs = shape.count
        func channels(_ arrays: Int, seed: UInt64) -> [Float] {
            (0..<arrays).flatMap { array in
                Stored.parameters(shape.c, -1...1, seed: seed + UInt64(array), special: special)
                    + [Float](repeating: 0, count: shape.padded - shape.c)
            }
        }
        let k = channels(5, seed: 93), means = channels(2, seed: 98)
        for relu in [false, true] {
            for variant in KernelVariant.all {
                let kernels = variant.table
                #expect(kernels.batch_norm_max_pool_fits(bfloat16, w))
                // As one after the other, each rounding what it stores.
                let normalized = Stored.written(inputs) {
                    kernels.batch_norm(problem.x, bfloat16, k, relu, $0)
                }
                var taps = [UInt8](repeating: 0xEE, count: p.output.count), winners = taps
                let pooled = Stored.written(p.output.count) {
                    kernels.max_pool(normalized, bfloat16, w, $0, &taps)
                }
                let fused = Stored.written(p.output.count) {
                    kernels.batch_norm_max_pool(problem.x, bfloat16, w, k, relu, $0, &winners)
                }
                #expect(Stored.bits(fused) == Stored.bits(pooled) && winners == taps)
                // In place on its input.
                let gradient = Stored.written(inputs) {
                    kernels.batch_norm_max_pool_gradient(
                        problem.x, problem.dy, indices, bfloat16, w, k, means, relu, $0)
                }
                let inPlace = Stored.changed(problem.x) {
                    kernels.batch_norm_max_pool_gradient(
                        $0, problem.dy, indices, bfloat16, w, k, means, relu, $0)
                }
                #expect(inPlace == gradient)
            }
            Self.expect("batch norm, max pool gradient", inputs) {
                $0.batch_norm_max_pool_gradient(x, dy, indices, float32, w, k, means, relu, $1)
            } stored: {
                $0.batch_norm_max_pool_gradient(
                    problem.x, problem.dy, indices, bfloat16, w, k, means, relu, $1)
            }
            let exact = agreeingF64("sums") { kernels in
                writtenF64(2 * shape.c) {
                    kernels.batch_norm_max_pool_gradient_sums(x, dy, indices, float32, w, k, relu, $0)
                }
            }
            let sums = agreeingF64("sums") { kernels in
                writtenF64(2 * shape.c) {
                    kernels.batch_norm_max_pool_gradient_sums(
                        problem.x, problem.dy, indices, bfloat16, w, k, relu, $0)
                }
            }
            #expect(bits(sums) == bits(exact))
        }
    }
}
