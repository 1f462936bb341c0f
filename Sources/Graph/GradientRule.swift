/// What one node passes back to its operands.
struct GradientRule {
    let builder: GraphBuilder
    let node: Graph.Node
    let operands: [Tensor]
    let results: [Tensor]
    /// The objective's derivative in each result; nil where it does not depend on it.
    let cotangents: [Tensor?]
    /// Which operands lead to a target; the others' contributions need not be made.
    let wanted: [Bool]

    /// One contribution per operand, nil where nothing flows.
    func contributions() -> [Tensor?] {
        if case .crossShardSum = node.operation {
            return cotangents.map { $0?.summedAcrossShards() }
        }
        // Every other differentiable operation has its differentiable result first.
        guard let dy = cotangents[0] else { return operands.map { _ in nil } }
        let made = contributions(of: dy)
        precondition(made.count <= operands.count, "\(node.operation) passes back too many cotangents")
        return made + Array(repeating: nil, count: operands.count - made.count)
    }

    private func contributions(of dy: Tensor) -> [Tensor?] {
        let x = operands.first ?? dy
        let y = results[0]
        switch node.operation {
        case .input, .parameter, .state, .direction, .constant, .batchCount, .numbers, .labelWeightSum,
            .stopGradient,
            .oneHot, .dropoutMask,
            .correctCount, .channelMoments, .crossShardMoments, .runningMean, .runningVariance,
            .channelMean, .channelDeviation:
            return []
        case .unary(let function):
            return [unary(function, dy)]
        case .binary(let function):
            return binary(function, dy)
        case .convert:
            return [dy.converted(to: x.element)]
        case .reshape:
            return [dy.reshaped(to: x.shape)]
        case .transpose(let permutation):
            let inverse = permutation.indices.map { place in permutation.firstIndex(of: place) ?? place }
            return [dy.transposed(inverse)]
        case .broadcast(let shape):
            let axes = shape.indices.filter { shape[$0] != x.shape[$0] }
            return [axes.isEmpty ? dy : dy.sum(axes)]
        case .sum:
            return [dy.broadcast(to: x.shape)]
        case .maximum(let axes):
            // Ties share the derivative equally, as torch.amax does; x = max exactly where max − x is not positive.
            let below = (y.broadcast(to: x.shape) - x).applying(.unary(.step))
            let mask = -below + 1
            return [mask * (dy / mask.sum(axes)).broadcast(to: x.shape)]
        case .matmul(let transposeA, let transposeB):
            return matmul(transposeA, transposeB, dy)
        case .convolution, .convolutionInputGradient, .convolutionWeightGradient:
            return convolution(dy)
        case .maxPool(let window):
            return [dy.applying(.maxPoolScatter(window, x.extent), results[1])]
        case .maxPoolScatter(let window, _):
            return [dy.applying(.maxPoolGather(window), operands[1])]
        case .maxPoolGather(let window):
            return [dy.applying(.maxPoolScatter(window, x.extent), operands[1])]
        case .averagePool(let window):
            return [dy.applying(.averagePoolScatter(window, x.extent))]
        case .averagePoolScatter(let window, _):
            return [dy.applying(.averagePool(window))]
        case .linear(let relu):
            return linear(relu, dy)
        case .biasAdd(let relu):
            let dz = relu ? y.applying(.binary(.reluGradient), dy) : dy
            return [dz, wanted[1] ? dz.summedOverChannels() : nil]
        case .softmax:
            return [y.applying(.softmaxGradient, dy)]
        case .logSoftmax:
            return [y.applying(.logSoftmaxGradient, dy)]
        case .crossEntropy:
            return [x.applying(.crossEntropyGradient, operands[1], dy)]
        case .dropout(let rate, let tag):
            return [dy.applying(.dropout(rate: rate, tag: tag), operands[1])]
        case .batchNorm(let attributes):
            return batchNorm(attributes, dy)
        case .layerNorm(let epsilon):
            return normalization(.layerNormGradient(epsilon: epsilon), dy)
        case .groupNorm(let attributes):
            return normalization(.groupNormGradient(attributes), dy)
        case .crossShardSum, .batchNormInference, .batchNormApply, .batchNormGradientSums,
            .batchNormInputGradient, .batchNormParameterGradient, .softmaxGradient, .logSoftmaxGradient,
            .crossEntropyGradient, .layerNormGradient, .groupNormGradient:
            preconditionFailure("\(node.operation) has no derivative of its own; decompose the graph first")
        }
    }

    private func unary(_ function: Unary, _ dy: Tensor) -> Tensor? {
        let x = operands[0]
        let y = results[0]
        switch function {
        case .negate: return -dy
        case .exp: return dy * y
        case .log: return dy / x
        case .sqrt: return dy / (y * 2)
        case .reciprocal: return -(dy * y.squared())
        case .tanh: return y.applying(.binary(.tanhGradient), dy)
        case .sigmoid: return y.applying(.binary(.sigmoidGradient), dy)
        case .erf: return dy * ((-x.squared()).exp() * (2 / Double.pi.squareRoot()))
        case .relu: return y.applying(.binary(.reluGradient), dy)
        case .step, .sign: return nil
        case .abs: return dy * x.applying(.unary(.sign))
        case .square: return dy * (x * 2)
        case .leakyRelu(let slope): return x.applying(.binary(.leakyReluGradient(slope: slope)), dy)
        case .gelu: return x.applying(.binary(.geluGradient), dy)
        case .softplus: return dy * x.sigmoid()
        case .clamp(let limit):
            let isBeyond = (x.magnitude() + -limit).applying(.unary(.step))
            return dy * (-isBeyond + 1)
        case .scale(let factor): return dy * factor
        case .offset: return dy
        }
    }

    private func binary(_ function: Binary, _ dy: Tensor) -> [Tensor?] {
        let (a, b) = (operands[0], operands[1])
        switch function {
        case .add: return [dy, dy]
        case .subtract: return [dy, wanted[1] ? -dy : nil]
        case .multiply: return [wanted[0] ? dy * b : nil, wanted[1] ? dy * a : nil]
        case .divide: return [wanted[0] ? dy / b : nil, wanted[1] ? -(dy * results[0] / b) : nil]
        case .reluGradient: return [nil, a.applying(.binary(.reluGradient), dy)]
        case .leakyReluGradient: return [nil, a.applying(.binary(function), dy)]
        case .sigmoidGradient, .tanhGradient, .geluGradient:
            preconditionFailure("\(function) has no derivative of its own; decompose the graph first")
        }
    }

    private func matmul(_ transposeA: Bool, _ transposeB: Bool, _ dy: Tensor) -> [Tensor?] {
        let (a, b) = (operands[0], operands[1])
        var da: Tensor?
        if wanted[0] {
            da =
                transposeA
                ? b.matmul(dy, transposeA: transposeB, transposeB: true)
                : dy.matmul(b, transposeB: !transposeB)
        }
        var db: Tensor?
        if wanted[1] {
            db =
                transposeB
                ? dy.matmul(a, transposeA: true, transposeB: transposeA)
                : a.matmul(dy, transposeA: !transposeA)
        }
        return [da, db]
    }

    /// The three convolution operations are one trilinear form, so each one's derivatives are the other two.
    private func convolution(_ dy: Tensor) -> [Tensor?] {
        let (a, b) = (operands[0], operands[1])
        switch node.operation {
        case .convolution(let geometry):
            return [
                wanted[0] ? dy.applying(.convolutionInputGradient(geometry, a.extent), b) : nil,
                wanted[1] ? a.applying(.convolutionWeightGradient(geometry, b.extent), dy) : nil,
            ]
        case .convolutionInputGradient(let geometry, _):
            return [
                wanted[0] ? dy.applying(.convolution(geometry), b) : nil,
                wanted[1] ? dy.applying(.convolutionWeightGradient(geometry, b.extent), a) : nil,
            ]
        case .convolutionWeightGradient(let geometry, _):
            return [
                wanted[0] ? b.applying(.convolutionInputGradient(geometry, a.extent), dy) : nil,
                wanted[1] ? a.applying(.convolution(geometry), dy) : nil,
            ]
        default:
            preconditionFailure("\(node.operation) is no convolution")
        }
    }

    private func linear(_ relu: Bool, _ dy: Tensor) -> [Tensor?] {
        let (x, w) = (operands[0], operands[1])
        let dz = relu ? results[0].applying(.binary(.reluGradient), dy) : dy
        var made: [Tensor?] = [
            wanted[0] ? dz.matmul(w) : nil,
            wanted[1] ? dz.matmul(x, transposeA: true) : nil,
        ]
        if operands.count == 3 {
            made.append(wanted[2] ? dz.sum([0]).reshaped(to: operands[2].shape) : nil)
        }
        return made
    }

    /// With x̂ normalized by the mini-batch's own moments, dx depends on Σ dy and Σ dy·x̂ over the same examples.
    private func batchNorm(_ attributes: BatchNorm, _ dy: Tensor) -> [Tensor?] {
        let (x, weight, bias) = (operands[0], operands[1], operands[2])
        let moments = results[1]
        let sums = x.applying(.batchNormGradientSums(attributes), moments, weight, bias, dy)
        let total = attributes.synchronized ? sums.summedAcrossShards() : sums
        return [
            wanted[0]
                ? x.applying(.batchNormInputGradient(attributes), moments, weight, bias, dy, total) : nil,
            wanted[1] ? sums.applying(.batchNormParameterGradient(ofWeight: true)) : nil,
            wanted[2] ? sums.applying(.batchNormParameterGradient(ofWeight: false)) : nil,
        ]
    }
}

extension GradientRule {
    /// Layer and group norm: one operation makes all three derivatives from (x, weight, bias, dy).
    private func normalization(_ operation: Operation, _ dy: Tensor) -> [Tensor?] {
        let node = builder.addNode(operation, (operands + [dy]).map(\.value))
        return operands.indices.map { wanted[$0] ? Tensor(Graph.Value(node, $0), in: builder) : nil }
    }
}

extension Tensor {
    /// Height and width of an image tensor.
    fileprivate var extent: Extent2d { Extent2d(shape[2], shape[3]) }
}
