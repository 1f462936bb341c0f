import Graph

extension KernelCase {
    /// Functions of one or two tensors element by element, on rows, on whole and on padded blocks of channels.
    static var elementwise: [KernelCase] { unary + binary + special }

    /// Rows, 12 channels (no multiple of 8), 16 channels, one channel.
    private static let shapes = [[7], [12, 3, 2], [16, 2, 2], [1, 3, 3]]

    private static var unary: [KernelCase] {
        let anywhere: [Unary] = [
            .negate, .exp, .tanh, .sigmoid, .erf, .relu, .abs, .square, .step, .sign, .leakyRelu(slope: 0.1), .gelu,
            .scale(-3), .offset(0.7),
        ]
        return shapes.flatMap { shape in
            anywhere.flatMap { function in
                cases("\(function)", x: shape) { $0.x.applying(.unary(function)) }
            } + [Unary.log, .sqrt, .reciprocal].flatMap { function in
                cases("\(function)", x: shape, isPositive: true) { $0.x.applying(.unary(function)) }
            }
        } + (anywhere + [.sqrt]).flatMap { function in
            // Behind a float64 conversion, rounding to float32 must not come back.
            cases("float64 \(function)", x: [7], isPositive: true, tolerance: 1e-14) {
                $0.x.converted(to: .float64).applying(.unary(function))
            }
        }
    }

    private static var binary: [KernelCase] {
        let functions: [Binary] = [
            .add, .subtract, .multiply, .divide, .reluGradient, .leakyReluGradient(slope: 0.1), .sigmoidGradient,
            .tanhGradient, .geluGradient,
        ]
        return shapes.flatMap { shape in
            functions.flatMap { function in
                cases("\(function)", x: shape, t: shape) { $0.x.applying(.binary(function), $0.t) }
                    + cases("\(function) with itself", x: shape) { $0.x.applying(.binary(function), $0.x) }
            }
        } + functions.flatMap { function in
            cases("float64 \(function)", x: [7], t: [7], tolerance: 1e-14) {
                $0.x.converted(to: .float64).applying(.binary(function), $0.t.converted(to: .float64))
            }
        }
    }

    private static var special: [KernelCase] {
        cases("batch count", x: [2], counts: [3, 1]) { $0.x * 0 + $0.builder.batchCount.filled([$0.count, 2]) }
            + cases("constant", x: [2]) { $0.x + $0.builder.constant(0.1, shape: [$0.count, 2]) }
            + cases("constant alone", x: [2], tolerance: 1e-7) { $0.builder.constant(0.1, shape: [2]) }
            + cases("constant float64 alone", x: [2], tolerance: 0) {
                $0.builder.constant(0.1, shape: [2], element: .float64)
            }
            + cases("convert there and back", x: [7], tolerance: 0) {
                $0.x.converted(to: .float64).converted(to: .float32)
            }
            + [[7], [12, 3, 2]].flatMap { shape in
                cases("detached", x: shape, tolerance: 0) { $0.x.detached() }
                    + cases("detached and used twice", x: shape, tolerance: 0) { $0.x.detached() + $0.x }
            }
            + [[6], [5, 3, 3], [16, 2, 2], [12, 3, 2]].flatMap { shape in
                [0.5, 0.3].flatMap { rate in
                    cases("dropout \(rate)", x: shape, counts: [3, 1]) {
                        $0.x.applying(.dropout(rate: rate, tag: 3), $0.indices)
                    }
                        + cases("dropout mask \(rate)", x: shape) {
                            $0.indices.applying(.dropoutMask(rate: rate, tag: 1, shape: $0.x.shape)) * $0.x
                        }
                }
            }
    }
}
