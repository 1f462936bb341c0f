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
        case .select:
            let layout = sharedLayout(zeroPreserving: true)
            let condition = try buffer(0, layout)
            let a = try buffer(1, layout)
            let b = try buffer(2, layout)
            let y = define(layout)
            let count = Int64(layout.byteCount(node.types[0]) / node.types[0].element.size)
            builder.emit("select", reads: [condition, a, b], writes: [y], inPlace: a) { frame in
                kernels.pointee.select(
                    count, frame.floats(condition), frame.floats(a), frame.floats(b), frame.floats(y))
            }
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
            } else if node.types[0].element == .bfloat16 {
                builder.emit("\(function)", reads: [x], writes: [y], inPlace: x) { frame in
                    kernels.pointee.unary_bf16(
                        operation, count, frame.halves(x), Float(parameter), frame.halves(y))
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
            } else if node.types[0].element == .bfloat16 {
                builder.emit("\(function)", reads: [a, b], writes: [y], inPlace: function == .add ? a : b) {
                    frame in
                    kernels.pointee.binary_bf16(
                        operation, count, frame.halves(a), frame.halves(b), Float(parameter), frame.halves(y))
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

    /// A blocked layout if an operand has one and padding stays zero in it, columns if an operand stands in them (padded
    /// examples mean nothing, but a feature that fills up a pair is zero), else row-major.
    private func sharedLayout(zeroPreserving: Bool) -> Layout {
        for operand in node.operands.indices {
            switch native(operand).layout {
            case .blocked(let block):
                let isPadded = type(operand).shape[1] % block != 0
                if zeroPreserving || !isPadded { return .blocked(block) }
            case .columns:
                let isPadded = type(operand).element == .bfloat16 && type(operand).shape[1] % 2 != 0
                if zeroPreserving || !isPadded { return .columns }
            case .plain, .strips, .transposed, .evenRows, .panels, .opaque: break
            }
        }
        return .plain
    }

    private func bindConversion(to element: ElementType) throws(RuntimeError) {
        let kernels = kernels
        let count = Int64(node.types[0].count)
        switch (type(0).element, element) {
        case (.float32, .bfloat16): try bindRounding()
        case (.bfloat16, .float32):
            let layout = imageLayout(0)
            let x = try buffer(0, layout)
            let y = define(layout)
            let count = Int64(layout.byteCount(node.types[0]) / node.types[0].element.size)
            builder.emit("to float32", reads: [x], writes: [y]) { frame in
                kernels.pointee.from_bf16(count, frame.halves(x), frame.floats(y))
            }
        case (.float32, .float64):
            let x = try plain(0)
            let y = define()
            builder.emit("to float64", reads: [x], writes: [y]) { frame in
                kernels.pointee.to_f64(count, frame.floats(x), frame.doubles(y))
            }
        case (.float32, .int32):
            let x = try plain(0)
            let y = define()
            builder.emit("to int32", reads: [x], writes: [y]) { frame in
                // What no Int32 holds becomes −1, which names no row of any table.
                for place in 0..<Int(count) {
                    frame.labels(y)[place] = Int32(exactly: frame.floats(x)[place].rounded(.towardZero)) ?? -1
                }
            }
        case (.int32, .float32):
            let x = try plain(0)
            let y = define()
            builder.emit("to float32", reads: [x], writes: [y]) { frame in
                for place in 0..<Int(count) { frame.floats(y)[place] = Float(frame.labels(x)[place]) }
            }
        case (.float64, .float32):
            let x = try plain(0)
            let y = define()
            builder.emit("to float32", reads: [x], writes: [y]) { frame in
                kernels.pointee.to_f32(count, frame.doubles(x), frame.floats(y))
            }
        case let (from, to):
            throw RuntimeError(description: "no conversion from \(from) to \(to)")
        }
    }
}

extension ElementwiseBinder {
    /// Rounds to bfloat16: the weights of dense layers to what products read, anything else in the layout it stands in.
    private func bindRounding() throws(RuntimeError) {
        let kernels = kernels
        let type = node.types[0]
        if isDenseWeight,
            case .leaf(.parameter(let place)) = site.context.graph.nodes[node.operands[0].node].operation,
            site.context.roundedWeights.contains(place)
        {
            let offset = site.context.variableOffsets[place] / 2
            for (layout, home) in [(Layout.evenRows, Buffer.Home.roundedRows), (.panels, .roundedPanels)] {
                alias(builder.newBuffer(home, layout.byteCount(type), offset: offset), layout)
            }
            return
        }
        if isDenseWeight {
            let x = try plain(0)
            let y = define(.evenRows)
            builder.emit("round weights", reads: [x], writes: [y]) { frame in
                kernels.pointee.round_weights(
                    frame.floats(x), Int64(type.shape[0]), Int64(type.shape[1]), frame.halves(y))
            }
            return
        }
        let layout = imageLayout(0)
        let x = try buffer(0, layout)
        let y = define(layout)
        let count = Int64(layout.byteCount(type) / type.element.size)
        builder.emit("to bfloat16", reads: [x], writes: [y]) { frame in
            kernels.pointee.to_bf16(count, frame.floats(x), frame.halves(y))
        }
    }

    /// Whether dense layers, and nothing else, read the result as their weights.
    private var isDenseWeight: Bool {
        let graph = site.context.graph
        guard builder.isUniform(Graph.Value(site.index)), node.types[0].shape.count == 2 else { return false }
        return site.context.readers[site.index].allSatisfy { reader in
            guard case .dense = graph.nodes[reader].operation else { return false }
            return graph.nodes[reader].operands.dropFirst().first == Graph.Value(site.index)
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
        case .sin: (DT_SIN, 0)
        case .cos: (DT_COS, 0)
        case .power(let exponent): (DT_POWER_OF, exponent)
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
        case .power: (DT_POWER, 0)
        case .maximum: (DT_MAXIMUM, 0)
        case .minimum: (DT_MINIMUM, 0)
        case .less: (DT_LESS, 0)
        case .lessOrEqual: (DT_LESS_EQUAL, 0)
        case .equal: (DT_EQUAL, 0)
        case .reluGradient: (DT_RELU_GRADIENT, 0)
        case .leakyReluGradient(let slope): (DT_LEAKY_RELU_GRADIENT, slope)
        case .sigmoidGradient: (DT_SIGMOID_GRADIENT, 0)
        case .tanhGradient: (DT_TANH_GRADIENT, 0)
        case .geluGradient: (DT_GELU_GRADIENT, 0)
        }
    }
}
