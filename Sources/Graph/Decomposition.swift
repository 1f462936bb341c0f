extension Graph {
    /// The graph written in primitives alone, each of which can be differentiated again and again.
    ///
    /// Fast composite forms compute the same values; tests hold the two equal.
    public func decomposed() -> Graph { decomposed { _ in true } }

    /// The graph with those operations alone written in primitives that `isTakenApart` names.
    private func decomposed(_ isTakenApart: (Operation) -> Bool) -> Graph {
        rewritten { builder, node, operands in
            guard isTakenApart(node.operation) else { return nil }
            return Decomposition(builder: builder, node: node, operands: operands).results()
        }
    }

    /// The graph with batch norm by given statistics, which evaluation alone computes, written in primitives, so that it has
    /// a derivative.
    package func decomposingInference() -> Graph {
        decomposed { operation in
            if case .batchNormInference = operation { true } else { false }
        }
    }
}

/// Each composite's definition in primitives.
private struct Decomposition {
    let builder: GraphBuilder
    let node: Graph.Node
    let operands: [Tensor]

    /// The composite's results, or nil for a primitive.
    func results() -> [Tensor]? {
        guard let x = operands.first else { return nil }
        switch node.operation {
        case .unary(.gelu): return [x * normalCDF(x)]
        case .binary(let function): return gradientForm(function)
        case .linear(let relu):
            let product = x.matmul(operands[1], transposeB: true)
            guard operands.count == 3 else { return [activated(product, relu)] }
            return [activated(product + operands[2].alongChannels(of: product.shape), relu)]
        case .biasAdd(let relu):
            return [activated(x + operands[1].alongChannels(of: x.shape), relu)]
        case .softmax: return [logSoftmax(x).exp()]
        case .logSoftmax: return [logSoftmax(x)]
        case .softmaxGradient:
            let dy = operands[1]
            return [x * (dy - (dy * x).sum([1]).broadcast(to: x.shape))]
        case .logSoftmaxGradient:
            let dy = operands[1]
            return [dy - x.exp() * dy.sum([1]).broadcast(to: x.shape)]
        case .crossEntropy:
            let chosen = operands[1].oneHot(x.shape[1]) * logSoftmax(x)
            return [(-chosen.sum([1])).reshaped(to: [x.shape[0]])]
        case .crossEntropyGradient:
            let difference = logSoftmax(x).exp() - operands[1].oneHot(x.shape[1])
            return [difference * operands[2].reshaped(to: [x.shape[0], 1]).broadcast(to: x.shape)]
        case .dropout(let rate, let tag):
            return [x * operands[1].applying(.dropoutMask(rate: rate, tag: tag, shape: x.shape))]
        case .batchNorm(let attributes): return batchNorm(attributes)
        case .batchNormInference(let attributes):
            // The numbers of a channel are made once, not for every element.
            let scale = operands[3] / (operands[2] + attributes.epsilon).squareRoot()
            let shift = operands[4] - operands[1] * scale
            return [affine(x, scale, shift, attributes.relu)]
        case .layerNorm(let epsilon):
            let count = operands[1].type.count
            let rows = [count == 0 ? 0 : x.type.count / count, count]
            let y = standardized(x.reshaped(to: rows), [1], epsilon).reshaped(to: x.shape)
            let leading = Array(repeating: 1, count: x.shape.count - operands[1].shape.count)
            func repeated(_ operand: Tensor) -> Tensor {
                operand.reshaped(to: leading + operand.shape).broadcast(to: x.shape)
            }
            return [y * repeated(operands[1]) + repeated(operands[2])]
        case .groupNorm(let attributes):
            let groups = [
                x.shape[0], attributes.groups, x.shape.dropFirst().reduce(1, *) / attributes.groups,
            ]
            let y = standardized(x.reshaped(to: groups), [2], attributes.epsilon).reshaped(to: x.shape)
            return [affine(y, operands[1], operands[2], attributes.relu)]
        default: return nil
        }
    }

    /// (x − mean) / √(variance + ε) with moments over `axes`.
    private func standardized(_ x: Tensor, _ axes: [Int], _ epsilon: Double) -> Tensor {
        let centered = x - x.mean(axes).broadcast(to: x.shape)
        let deviation = (centered.squared().mean(axes) + epsilon).squareRoot()
        // A row's factor is made once: its derivatives are sums over the row, not divisions of every element.
        return centered * deviation.reciprocal().broadcast(to: x.shape)
    }

    private func gradientForm(_ function: Binary) -> [Tensor]? {
        let (a, dy) = (operands[0], operands[1])
        switch function {
        case .add, .subtract, .multiply, .divide: return nil
        case .reluGradient: return [a.applying(.unary(.step)) * dy]
        case .leakyReluGradient(let slope): return [(a.applying(.unary(.step)) * (1 - slope) + slope) * dy]
        case .sigmoidGradient: return [dy * a * (-a + 1)]
        case .tanhGradient: return [dy * (-a.squared() + 1)]
        case .geluGradient:
            let density = (a.squared() * -0.5).exp() * (1 / (2 * Double.pi).squareRoot())
            return [dy * (normalCDF(a) + a * density)]
        }
    }

    private func normalCDF(_ x: Tensor) -> Tensor { ((x * 0.5.squareRoot()).erf() + 1) * 0.5 }

    private func activated(_ x: Tensor, _ relu: Bool) -> Tensor { relu ? x.relu() : x }

    private func logSoftmax(_ x: Tensor) -> Tensor {
        // Shifting by the largest logit changes nothing but the range, so its derivative is left out.
        let shifted = x - x.maximum([1]).detached().broadcast(to: x.shape)
        return shifted - shifted.exp().sum([1]).log().broadcast(to: x.shape)
    }

    private func affine(_ x: Tensor, _ weight: Tensor, _ bias: Tensor, _ relu: Bool) -> Tensor {
        activated(x * weight.alongChannels(of: x.shape) + bias.alongChannels(of: x.shape), relu)
    }

    private func batchNorm(_ attributes: BatchNorm) -> [Tensor] {
        let x = operands[0]
        let axes = x.shape.indices.filter { $0 != 1 }
        let perExample = x.shape.dropFirst(2).reduce(1, *)
        var statisticsShape = Array(repeating: 1, count: x.shape.count)
        statisticsShape[1] = x.shape[1]
        let count =
            attributes.synchronized
            ? (builder.batchCount * Double(perExample)).filled(statisticsShape)
            : builder.constant(Double(x.shape[0] * perExample), shape: statisticsShape)
        func mean(_ y: Tensor) -> Tensor {
            let sum = y.sum(axes)
            return (attributes.synchronized ? sum.summedAcrossShards() : sum) / count
        }
        let centered = x - mean(x).broadcast(to: x.shape)
        let deviation = (mean(centered.squared()) + attributes.epsilon).squareRoot()
        let scale = operands[1].reshaped(to: statisticsShape) / deviation
        let scaled = centered * scale.broadcast(to: x.shape)
        let y = activated(scaled + operands[2].alongChannels(of: x.shape), attributes.relu)
        let local = x.applying(.channelMoments)
        let merged = local.applying(.crossShardMoments)
        return [y, attributes.synchronized ? merged : local, merged]
    }
}
