import CKernels
import Graph

/// Functions of single elements, which run in any layout their operands share.
struct ElementwiseBinder: Binder {
    let site: Site

    func bind(_ operation: Operation.Elementwise) throws(RuntimeError) {
        let kernels = kernels
        switch operation {
        case .stopGradient:
            let source = native(0)
            alias(source.buffer, source.layout)
        case .convert(let element):
            try bindConversion(to: element)
        case .unary(let function):
            let layout = sharedLayout(zeroPreserving: function.preservesZero)
            let x = try buffer(0, layout)
            let y = define(layout)
            let count = Int64(layout.byteCount(node.types[0]) / node.types[0].element.size)
            let (operation, parameter) = function.kernel
            if node.types[0].element == .float64 {
                builder.emit("\(function)", reads: [x], writes: [y], inPlace: x) { frame in
                    kernels.pointee.unary_f64(operation, count, frame.doubles(x), parameter, frame.doubles(y))
                }
            } else {
                builder.emit("\(function)", reads: [x], writes: [y], inPlace: x) { frame in
                    kernels.pointee.unary(
                        operation, count, frame.floats(x), Float(parameter), frame.floats(y))
                }
            }
        case .binary(let function):
            let layout = sharedLayout(zeroPreserving: function.preservesZero)
            let a = try buffer(0, layout)
            let b = try buffer(1, layout)
            let y = define(layout)
            let count = Int64(layout.byteCount(node.types[0]) / node.types[0].element.size)
            let (operation, parameter) = function.kernel
            if node.types[0].element == .float64 {
                builder.emit("\(function)", reads: [a, b], writes: [y], inPlace: a) { frame in
                    kernels.pointee.binary_f64(
                        operation, count, frame.doubles(a), frame.doubles(b), parameter, frame.doubles(y))
                }
            } else {
                builder.emit("\(function)", reads: [a, b], writes: [y], inPlace: function == .add ? a : b) {
                    frame in
                    kernels.pointee.binary(
                        operation, count, frame.floats(a), frame.floats(b), Float(parameter), frame.floats(y))
                }
            }
        }
    }

    /// A blocked layout if an operand has one and padding stays zero in it, columns if an operand stands in them (their
    /// padding means nothing), else row-major.
    private func sharedLayout(zeroPreserving: Bool) -> Layout {
        for operand in node.operands.indices {
            switch native(operand).layout {
            case .blocked(let block):
                let isPadded = type(operand).shape[1] % block != 0
                if zeroPreserving || !isPadded { return .blocked(block) }
            case .columns: return .columns
            case .plain, .strips, .opaque: break
            }
        }
        return .plain
    }

    private func bindConversion(to element: ElementType) throws(RuntimeError) {
        let kernels = kernels
        let x = try plain(0)
        let count = Int64(node.types[0].count)
        switch (type(0).element, element) {
        case (.float32, .float64):
            let y = define()
            builder.emit("to float64", reads: [x], writes: [y]) { frame in
                kernels.pointee.to_f64(count, frame.floats(x), frame.doubles(y))
            }
        case (.float64, .float32):
            let y = define()
            builder.emit("to float32", reads: [x], writes: [y]) { frame in
                kernels.pointee.to_f32(count, frame.doubles(x), frame.floats(y))
            }
        case let (from, to):
            throw RuntimeError(description: "no conversion from \(from) to \(to)")
        }
    }
}

extension Unary {
    fileprivate var kernel: (dt_unary, Double) {
        switch self {
        case .negate: (DT_NEGATE, 0)
        case .exp: (DT_EXP, 0)
        case .log: (DT_LOG, 0)
        case .sqrt: (DT_SQRT, 0)
        case .reciprocal: (DT_RECIPROCAL, 0)
        case .tanh: (DT_TANH, 0)
        case .sigmoid: (DT_SIGMOID, 0)
        case .erf: (DT_ERF, 0)
        case .relu: (DT_RELU, 0)
        case .abs: (DT_ABS, 0)
        case .square: (DT_SQUARE, 0)
        case .step: (DT_STEP, 0)
        case .sign: (DT_SIGN, 0)
        case .leakyRelu(let slope): (DT_LEAKY_RELU, slope)
        case .gelu: (DT_GELU, 0)
        case .softplus: (DT_SOFTPLUS, 0)
        case .clamp(let limit): (DT_CLAMP, limit)
        case .scale(let factor): (DT_SCALE, factor)
        case .offset(let term): (DT_OFFSET, term)
        }
    }
}

extension Binary {
    fileprivate var kernel: (dt_binary, Double) {
        switch self {
        case .add: (DT_ADD, 0)
        case .subtract: (DT_SUBTRACT, 0)
        case .multiply: (DT_MULTIPLY, 0)
        case .divide: (DT_DIVIDE, 0)
        case .reluGradient: (DT_RELU_GRADIENT, 0)
        case .leakyReluGradient(let slope): (DT_LEAKY_RELU_GRADIENT, slope)
        case .sigmoidGradient: (DT_SIGMOID_GRADIENT, 0)
        case .tanhGradient: (DT_TANH_GRADIENT, 0)
        case .geluGradient: (DT_GELU_GRADIENT, 0)
        }
    }
}
