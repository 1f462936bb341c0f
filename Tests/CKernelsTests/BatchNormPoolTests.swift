import CKernels
import Testing

/// Batch norm, ReLU and pooling in one against the separate kernels, bit by bit; only sums, which leave out the zeros of
/// pixels that lost their window, are compared within their rounding.
@Suite struct BatchNormPoolTests {
    /// Images whose last row or column no window covers, blocks that are not full, several groups of blocks.
    static let shapes = [
        (1, 16, 4, 4, 16), (3, 5, 7, 6, 16), (2, 40, 5, 9, 16), (2, 150, 4, 4, 16), (3, 8, 6, 6, 8),
        (2, 21, 7, 7, 8),
    ].map { ActivationShape(n: $0.0, c: $0.1, h: $0.2, w: $0.3, block: $0.4) }

    private struct Problem {
        let shape, output: ActivationShape
        let window: dt_window
        let x, dy, coefficients, means: [Float]

        init(_ shape: ActivationShape, _ kernels: dt_kernels) {
            self.shape = shape
            output = ActivationShape(
                n: shape.n, c: shape.c, h: shape.h / 2, w: shape.w / 2, block: shape.block)
            window = dt_window(
                h: Int64(shape.h), w: Int64(shape.w), oh: Int64(output.h), ow: Int64(output.w), kernel_h: 2,
                kernel_w: 2, stride_h: 2, stride_w: 2, padding_h: 0, padding_w: 0)
            var numbers = TestNumbers(seed: 77)
            let x = shape.stored(numbers.floats(shape.n * shape.c * shape.hw, -2...3))
            self.x = x
            dy = output.stored(numbers.floats(output.n * output.c * output.hw, -1...1))
            let gamma = numbers.floats(shape.c, -2...2), beta = numbers.floats(shape.c, -1...1)
            let moments = writtenF64(1 + 2 * shape.c) { kernels.channel_moments(x, shape.descriptor, $0) }
            coefficients = written(5 * shape.padded) {
                kernels.batch_norm_coefficients(
                    moments, gamma, beta, 1e-5, Int64(shape.c), Int64(shape.padded), $0)
            }
            // Padded channels have no means.
            let perChannel = numbers.floats(2 * shape.c, -0.1...0.1)
            means = (0..<2 * shape.padded).map { place in
                let channel = place % shape.padded
                return channel < shape.c ? perChannel[place / shape.padded * shape.c + channel] : 0
            }
        }

        func indices(_ body: (UnsafeMutablePointer<UInt8>) -> Void) -> [UInt8] {
            var made = [UInt8](repeating: 0xEE, count: output.count)
            body(&made)
            return made
        }
    }

    @Test(arguments: KernelVariant.all, shapes)
    func equalsSeparateKernels(variant: KernelVariant, shape: ActivationShape) {
        for relu in [true, false] { check(variant, shape, relu: relu) }
    }

    private func check(_ variant: KernelVariant, _ shape: ActivationShape, relu: Bool) {
        let kernels = variant.table
        let p = Problem(shape, kernels)
        let l = shape.descriptor
        #expect(kernels.batch_norm_max_pool_fits(l, p.window))

        let normalized = written(shape.count) { kernels.batch_norm(p.x, l, p.coefficients, relu, $0) }
        var separateY: [Float] = []
        let separateIndices = p.indices { taps in
            separateY = written(p.output.count) { kernels.max_pool(normalized, l, p.window, $0, taps) }
        }
        var y: [Float] = []
        let indices = p.indices { taps in
            y = written(p.output.count) {
                kernels.batch_norm_max_pool(p.x, l, p.window, p.coefficients, relu, $0, taps)
            }
        }
        #expect(y == separateY)
        #expect(indices == separateIndices)

        let scattered = written(shape.count) { kernels.max_pool_scatter(p.dy, indices, l, p.window, $0) }
        let separate = written(shape.count) {
            kernels.batch_norm_gradient(p.x, scattered, l, p.coefficients, p.means, relu, $0)
        }
        let fused = written(shape.count) {
            kernels.batch_norm_max_pool_gradient(
                p.x, p.dy, indices, l, p.window, p.coefficients, p.means, relu, $0)
        }
        #expect(fused == separate)
        // In place on its input.
        var inPlace = p.x
        inPlace.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            kernels.batch_norm_max_pool_gradient(
                base, p.dy, indices, l, p.window, p.coefficients, p.means, relu, base)
        }
        #expect(inPlace == separate)

        let exact = writtenF64(2 * shape.c) {
            kernels.batch_norm_gradient_sums(p.x, scattered, l, p.coefficients, relu, $0)
        }
        let sums = writtenF64(2 * shape.c) {
            kernels.batch_norm_max_pool_gradient_sums(
                p.x, p.dy, indices, l, p.window, p.coefficients, relu, $0)
        }
        for (sum, other) in zip(sums, exact) {
            #expect(abs(sum - other) <= 1e-13 * Double(shape.n * shape.hw))
        }
    }

    /// Windows and layouts that have no fused form say so.
    @Test(arguments: KernelVariant.all) func refusesOtherWindows(variant: KernelVariant) {
        var window = Problem(Self.shapes[0], variant.table).window
        let plain = ActivationShape(n: 1, c: 16, h: 4, w: 4, block: 1).descriptor
        #expect(!variant.table.batch_norm_max_pool_fits(plain, window))
        window.stride_h = 1
        #expect(!variant.table.batch_norm_max_pool_fits(Self.shapes[0].descriptor, window))
    }
}
