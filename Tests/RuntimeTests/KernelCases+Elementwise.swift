import Graph

extension KernelCase {
    /// Functions of one or two tensors element by element, on rows, on whole and on padded blocks of channels.
    static let elementwise: [KernelCase] = {
        var list = List()
        // Rows, 12 channels (no multiple of 8), 16 channels, one channel.
        for shape in [[7], [12, 3, 2], [16, 2, 2], [1, 3, 3]] {
            addUnary(to: &list, shape)
            addBinary(to: &list, shape)
        }
        addFloat64(to: &list)
        addConstants(to: &list)
        for shape in [[6], [5, 3, 3], [16, 2, 2], [12, 3, 2]] { addDropout(to: &list, shape) }
        return list.cases
    }()

    private static let unary: [Unary] = [
        .negate, .exp, .tanh, .sigmoid, .erf, .relu, .abs, .square, .step, .sign, .leakyRelu(slope: 0.1),
        .gelu, .softplus, .clamp(limit: 0.7), .scale(-3), .offset(0.7), .sin, .cos, .power(3), .power(2),
    ]
    private static let unaryOfPositive: [Unary] = [.log, .sqrt, .reciprocal, .power(-0.7)]
    private static let binary: [Binary] = [
        .add, .subtract, .multiply, .divide, .reluGradient, .leakyReluGradient(slope: 0.1), .sigmoidGradient,
        .tanhGradient, .geluGradient, .maximum, .minimum, .less, .lessOrEqual, .equal,
    ]

    private static func addUnary(to list: inout List, _ shape: [Int]) {
        for function in unary {
            list.add("\(function)", x: shape) { $0.x.applying(.elementwise(.unary(function))) }
        }
        list.add("power", x: shape, t: shape, isPositive: true) { $0.x.power($0.t) }
        list.add("select", x: shape, t: shape) { $0.x.relu().selecting($0.t, else: $0.x * $0.t) }
        for function in unaryOfPositive {
            list.add("\(function)", x: shape, isPositive: true) {
                $0.x.applying(.elementwise(.unary(function)))
            }
        }
        list.add("detached", x: shape, tolerance: 0) { $0.x.detached() }
        list.add("detached and used twice", x: shape, tolerance: 0) { $0.x.detached() + $0.x }
    }

    private static func addBinary(to list: inout List, _ shape: [Int]) {
        for function in binary {
            list.add("\(function)", x: shape, t: shape) {
                $0.x.applying(.elementwise(.binary(function)), $0.t)
            }
            list.add("\(function) with itself", x: shape) {
                $0.x.applying(.elementwise(.binary(function)), $0.x)
            }
        }
    }

    /// Tolerances below Float32's: nothing may be rounded to it on the way.
    private static func addFloat64(to list: inout List) {
        for function in unary + [.sqrt] {
            list.add("float64 \(function)", x: [7], isPositive: true, tolerance: 1e-14) {
                $0.x.converted(to: .float64).applying(.elementwise(.unary(function)))
            }
        }
        for function in binary {
            list.add("float64 \(function)", x: [7], t: [7], tolerance: 1e-14) {
                $0.x.converted(to: .float64).applying(
                    .elementwise(.binary(function)), $0.t.converted(to: .float64))
            }
        }
        list.add("convert to whole numbers and back", x: [7], tolerance: 1e-7) {
            ($0.x * 8).converted(to: .int32).converted(to: .float32) * $0.x
        }
        list.add("convert there and back", x: [7], tolerance: 0) {
            $0.x.converted(to: .float64).converted(to: .float32)
        }
    }

    private static func addConstants(to list: inout List) {
        list.add("batch count", x: [2], counts: [3, 1]) {
            let count = $0.builder.batchCount.filled([$0.count, 2])
            return $0.x * 0 + count
        }
        list.add("weights of all labels", x: [2], counts: [3, 1]) {
            let sum = $0.builder.labelWeightSum([0.5, 2, 0.25, 3]).filled([$0.count, 2])
            return $0.x * sum
        }
        list.add("numbers", x: [3], counts: [2, 1]) {
            $0.x * $0.builder.numbers([0.1, -2, 3], shape: [1, 3]).broadcast(to: $0.x.shape)
        }
        list.add("constant", x: [2]) { $0.x + $0.builder.constant(0.1, shape: [$0.count, 2]) }
        list.add("constant alone", x: [2], tolerance: 1e-7) { $0.builder.constant(0.1, shape: [2]) }
        list.add("float64 constant alone", x: [2], tolerance: 0) {
            $0.builder.constant(0.1, shape: [2], element: .float64)
        }
    }

    private static func addDropout(to list: inout List, _ shape: [Int]) {
        for rate in [0.5, 0.3] {
            list.add("dropout \(rate)", x: shape, counts: [3, 1]) {
                $0.x.applying(.random(.dropout(rate: rate, tag: 3)), $0.indices)
            }
            list.add("dropout mask \(rate)", x: shape) {
                let mask = $0.indices.applying(.random(.dropoutMask(rate: rate, tag: 1, shape: $0.x.shape)))
                return mask * $0.x
            }
        }
    }
}
