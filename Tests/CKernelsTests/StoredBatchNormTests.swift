import CKernels
import Testing

/// Batch norm and group norm on activations stored as bfloat16: every instruction set gives the bytes that Float32's
/// kernel gives on the same values, rounded once; sums and moments are the same numbers.
@Suite struct StoredBatchNormTests {
    private typealias Stored = StoredBFloat16

    /// Activations, coefficients and means of one call. Padded channels hold zeros.
    private struct Problem {
        let shape: ActivationShape
        let x, dy, addend: [UInt16]
        let coefficients, means: [Float]

        init(_ shape: ActivationShape, seed: UInt64, special: Bool) {
            self.shape = shape
            let count = shape.n * shape.c * shape.hw
            x = shape.stored(Stored.numbers(count, -2...3, seed: seed, special: special))
            dy = shape.stored(Stored.numbers(count, -1...1, seed: seed + 1, special: special))
            addend = shape.stored(Stored.numbers(count, -2...2, seed: seed + 2, special: special))
            func channels(_ arrays: Int, _ seed: UInt64) -> [Float] {
                (0..<arrays).flatMap { array in
                    Stored.parameters(shape.c, -1...1, seed: seed + UInt64(array), special: special)
                        + [Float](repeating: 0, count: shape.padded - shape.c)
                }
            }
            coefficients = channels(5, seed + 3)
            means = channels(2, seed + 8)
        }

        var float32: dt_activation { shape.descriptor }
        var bfloat16: dt_activation { shape.descriptor(bfloat16: true) }
        var wideX: [Float] { Stored.widened(x) }
        var wideDy: [Float] { Stored.widened(dy) }
        var wideAddend: [Float] { Stored.widened(addend) }

        /// Expects `stored` to give what `exact` gives rounded, with every instruction set.
        func expect(
            _ what: String, exact: (dt_kernels, UnsafeMutablePointer<Float>) -> Void,
            stored: (dt_kernels, UnsafeMutablePointer<UInt16>) -> Void
        ) {
            let expected = Stored.rounded(
                agreeing(what) { k in CKernelsTests.written(shape.count) { exact(k, $0) } })
            for variant in KernelVariant.all {
                let found = Stored.written(shape.count) { stored(variant.table, $0) }
                #expect(Stored.bits(found) == Stored.bits(expected), "\(what), \(variant.testDescription)")
            }
        }
    }

    @Test(arguments: ActivationShape.tested, [false, true])
    func maps(shape: ActivationShape, special: Bool) {
        let p = Problem(shape, seed: 60, special: special)
        let (k, means, float32, bfloat16) = (p.coefficients, p.means, p.float32, p.bfloat16)
        let (x, dy, addend) = (p.wideX, p.wideDy, p.wideAddend)
        for relu in [false, true] {
            p.expect("batch norm") {
                $0.batch_norm(x, float32, k, relu, $1)
            } stored: {
                $0.batch_norm(p.x, bfloat16, k, relu, $1)
            }
            p.expect("batch norm, add") {
                $0.batch_norm_add(x, addend, float32, k, relu, $1)
            } stored: {
                $0.batch_norm_add(p.x, p.addend, bfloat16, k, relu, $1)
            }
            p.expect("gradient") {
                $0.batch_norm_gradient(x, dy, float32, k, means, relu, $1)
            } stored: {
                $0.batch_norm_gradient(p.x, p.dy, bfloat16, k, means, relu, $1)
            }
        }
    }

    @Test(arguments: ActivationShape.tested, [false, true])
    func sums(shape: ActivationShape, special: Bool) {
        let p = Problem(shape, seed: 61, special: special)
        let (k, float32, bfloat16) = (p.coefficients, p.float32, p.bfloat16)
        let (x, dy, y) = (p.wideX, p.wideDy, p.wideAddend)
        let moments = agreeingF64("moments") { kernels in
            writtenF64(1 + 2 * shape.c) { kernels.channel_moments(p.x, bfloat16, $0) }
        }
        let exact = agreeingF64("moments") { kernels in
            writtenF64(1 + 2 * shape.c) { kernels.channel_moments(x, float32, $0) }
        }
        #expect(bits(moments) == bits(exact))
        for relu in [false, true] {
            let sums = agreeingF64("gradient sums") { kernels in
                writtenF64(2 * shape.c) { kernels.batch_norm_gradient_sums(p.x, p.dy, bfloat16, k, relu, $0) }
            }
            let exact = agreeingF64("gradient sums") { kernels in
                writtenF64(2 * shape.c) { kernels.batch_norm_gradient_sums(x, dy, float32, k, relu, $0) }
            }
            #expect(bits(sums) == bits(exact))
        }
        var exactSums: [Double] = []
        p.expect("gradient through a sum") { kernels, passed in
            exactSums = writtenF64(2 * shape.c) {
                kernels.batch_norm_add_gradient_sums(x, y, dy, float32, k, passed, $0)
            }
        } stored: { kernels, passed in
            let sums = writtenF64(2 * shape.c) {
                kernels.batch_norm_add_gradient_sums(p.x, p.addend, p.dy, bfloat16, k, passed, $0)
            }
            #expect(bits(sums) == bits(exactSums))
        }
    }

    @Test(arguments: KernelVariant.all, [1, 8, 16, 20, 35]) func inPlace(variant: KernelVariant, block: Int) {
        let kernels = variant.table
        let p = Problem(
            ActivationShape(n: 3, c: block == 35 ? 35 : 20, h: 5, w: 7, block: block), seed: 62,
            special: false)
        let (k, means, l, count) = (p.coefficients, p.means, p.bfloat16, p.shape.count)
        let y = Stored.written(count) { kernels.batch_norm(p.x, l, k, true, $0) }
        #expect(Stored.changed(p.x) { kernels.batch_norm($0, l, k, true, $0) } == y)
        let sum = Stored.written(count) { kernels.batch_norm_add(p.x, p.addend, l, k, true, $0) }
        #expect(Stored.changed(p.x) { kernels.batch_norm_add($0, p.addend, l, k, true, $0) } == sum)
        #expect(Stored.changed(p.addend) { kernels.batch_norm_add(p.x, $0, l, k, true, $0) } == sum)
        let dx = Stored.written(count) { kernels.batch_norm_gradient(p.x, p.dy, l, k, means, true, $0) }
        #expect(Stored.changed(p.dy) { kernels.batch_norm_gradient(p.x, $0, l, k, means, true, $0) } == dx)
        var sums: [Double] = [], sumsInPlace: [Double] = []
        let passed = Stored.written(count) { out in
            sums = writtenF64(2 * p.shape.c) {
                kernels.batch_norm_add_gradient_sums(p.x, p.addend, p.dy, l, k, out, $0)
            }
        }
        let passedInPlace = Stored.changed(p.dy) { dy in
            sumsInPlace = writtenF64(2 * p.shape.c) {
                kernels.batch_norm_add_gradient_sums(p.x, p.addend, dy, l, k, dy, $0)
            }
        }
        #expect(passedInPlace == passed && sumsInPlace == sums)
    }

    @Test(arguments: ActivationShape.tested, [false, true])
    func groupNorm(shape: ActivationShape, relu: Bool) {
        let p = Problem(shape, seed: 63, special: false)
        let (x, dy, gamma) = (p.wideX, p.wideDy, p.coefficients), beta = Array(p.coefficients.suffix(shape.c))
        let scratchCount = Int(dt_group_norm_scratch(Int64(shape.c), Int64(shape.padded)))
        for groups in Set([1, shape.c, shape.c % 4 == 0 ? 4 : 1]).sorted() {
            var scratch = [Double](repeating: .nan, count: scratchCount)
            let groups = Int64(groups)
            p.expect("group norm") {
                $0.group_norm(x, p.float32, groups, gamma, beta, 1e-5, relu, &scratch, $1)
            } stored: {
                $0.group_norm(p.x, p.bfloat16, groups, gamma, beta, 1e-5, relu, &scratch, $1)
            }
            var parameters: [Float] = []
            p.expect("group norm gradient") { kernels, dx in
                parameters = written(2 * shape.c) {
                    kernels.group_norm_gradient(
                        x, dy, p.float32, groups, gamma, beta, 1e-5, relu, &scratch, dx, $0, $0 + shape.c)
                }
            } stored: { kernels, dx in
                let found = written(2 * shape.c) {
                    kernels.group_norm_gradient(
                        p.x, p.dy, p.bfloat16, groups, gamma, beta, 1e-5, relu, &scratch, dx, $0,
                        $0 + shape.c)
                }
                #expect(bits(found) == bits(parameters))
            }
        }
    }

    /// One rounding, of the sum: 1 + 2^-8 is a tie that alone would be rounded down, and with 2^-9 more rounds up.
    @Test(arguments: KernelVariant.all) func sumsAreRoundedOnce(variant: KernelVariant) {
        let shape = ActivationShape(n: 1, c: 1, h: 1, w: 40, block: 1)
        let x = Stored.rounded([Float](repeating: 1, count: 40))
        let addend = Stored.rounded([Float](repeating: 0x1p-9, count: 40))
        let coefficients: [Float] = [0, 0, 1, 1, 0x1p-8]
        let y = Stored.written(40) {
            variant.table.batch_norm_add(x, addend, shape.descriptor(bfloat16: true), coefficients, true, $0)
        }
        #expect(Stored.widened(y) == [Float](repeating: 1 + 0x1p-7, count: 40))
    }
}
