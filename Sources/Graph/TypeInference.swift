/// The types of an operation's outputs from those of its operands; operands that do not fit are programmer errors.
enum TypeInference {
    static func types(of operation: Operation, operands: [TensorType]) -> [TensorType] {
        func fail(_ reason: String) -> Never {
            preconditionFailure(
                "\(operation) on \(operands.map(\.description).joined(separator: ", ")): \(reason)")
        }
        func require(_ condition: Bool, _ reason: @autoclosure () -> String) {
            if !condition { fail(reason()) }
        }
        func matrix(_ place: Int) -> (rows: Int, columns: Int) {
            require(operands[place].shape.count == 2, "operand \(place) must be a matrix")
            return (operands[place].shape[0], operands[place].shape[1])
        }
        func image(_ place: Int = 0) -> [Int] {
            require(operands[place].shape.count == 4, "operand \(place) must be (N, C, H, W)")
            return operands[place].shape
        }
        func channels() -> Int {
            require(operands[0].shape.count >= 2, "the operand needs a channel dimension")
            return operands[0].shape[1]
        }
        func pooled(_ window: Window2d) -> [Int] {
            let shape = image()
            let input = Extent2d(shape[2], shape[3])
            require(window.fits(input), "the window is larger than the padded image")
            let output = window.output(of: input)
            return [shape[0], shape[1], output.height, output.width]
        }
        func kept(_ axes: [Int]) -> [TensorType] {
            var shape = operands[0].shape
            for axis in axes {
                require(shape.indices.contains(axis), "no axis \(axis)")
                shape[axis] = 1
            }
            return [TensorType(shape, operands[0].element)]
        }

        switch operation {
        case .input, .parameter, .state, .direction, .constant, .batchCount, .numbers, .labelWeightSum:
            fail("a leaf's type is given, not inferred")
        case .unary, .stopGradient:
            return [operands[0]]
        case .binary:
            require(operands[0] == operands[1], "operands differ in type")
            return [operands[0]]
        case .convert(let element):
            return [TensorType(operands[0].shape, element)]
        case .reshape(let shape):
            require(shape.reduce(1, *) == operands[0].count, "the element count changes")
            return [TensorType(shape, operands[0].element)]
        case .transpose(let permutation):
            require(
                permutation.sorted() == Array(operands[0].shape.indices),
                "not a permutation of the dimensions")
            return [TensorType(permutation.map { operands[0].shape[$0] }, operands[0].element)]
        case .broadcast(let shape):
            require(
                shape.count == operands[0].shape.count
                    && zip(operands[0].shape, shape).allSatisfy { $0 == $1 || $0 == 1 },
                "only dimensions of extent 1 can be repeated")
            return [TensorType(shape, operands[0].element)]
        case .sum(let axes), .maximum(let axes):
            return kept(axes)
        case .oneHot(let classes):
            require(operands[0].element == .int32 && operands[0].shape.count == 1, "labels must be int32[N]")
            return [TensorType([operands[0].shape[0], classes])]
        case .matmul(let transposeA, let transposeB):
            let (a, b) = (matrix(0), matrix(1))
            let (rows, inner) = transposeA ? (a.columns, a.rows) : a
            let (other, columns) = transposeB ? (b.columns, b.rows) : b
            require(inner == other, "inner dimensions \(inner) and \(other) differ")
            return [TensorType([rows, columns])]
        case .convolution(let geometry):
            let (x, w) = (image(0), image(1))
            require(
                w[1] * geometry.groups == x[1] && w[0] % geometry.groups == 0,
                "weights expect \(w[1] * geometry.groups) channels, the image has \(x[1])")
            let window = Window2d(
                kernel: Extent2d(w[2], w[3]), stride: geometry.stride, padding: geometry.padding)
            require(window.fits(Extent2d(x[2], x[3])), "the kernel is larger than the padded image")
            return [TensorType(geometry.outputShape(input: x, weight: w))]
        case .convolutionInputGradient(let geometry, let input):
            let (dy, w) = (image(0), image(1))
            return [TensorType([dy[0], w[1] * geometry.groups, input.height, input.width])]
        case .convolutionWeightGradient(let geometry, let kernel):
            let (x, dy) = (image(0), image(1))
            return [TensorType([dy[1], x[1] / geometry.groups, kernel.height, kernel.width])]
        case .maxPool(let window):
            let shape = pooled(window)
            require(
                window.kernel.height * window.kernel.width <= 256, "the window has more than 256 elements")
            return [TensorType(shape), TensorType(shape, .uint8)]
        case .maxPoolScatter(_, let input), .averagePoolScatter(_, let input):
            let dy = image()
            return [TensorType([dy[0], dy[1], input.height, input.width])]
        case .maxPoolGather(let window), .averagePool(let window):
            return [TensorType(pooled(window))]
        case .dropoutMask(_, _, let shape):
            return [TensorType(shape)]
        case .linear:
            let (x, w) = (matrix(0), matrix(1))
            require(x.columns == w.columns, "the layer expects \(w.columns) inputs, got \(x.columns)")
            return [TensorType([x.rows, w.rows])]
        case .biasAdd:
            require(operands[1].shape == [channels()], "the bias needs one value per channel")
            return [operands[0]]
        case .softmax, .logSoftmax:
            _ = matrix(0)
            return [operands[0]]
        case .softmaxGradient, .logSoftmaxGradient:
            return [operands[0]]
        case .crossEntropy:
            let logits = matrix(0)
            require(
                operands[1] == TensorType([logits.rows], .int32),
                "labels must be int32[N], one per row of logits")
            return [TensorType([logits.rows])]
        case .crossEntropyGradient, .dropout:
            return [operands[0]]
        case .batchNorm:
            let moments = TensorType([1 + 2 * channels()], .float64)
            return [operands[0], moments, moments]
        case .batchNormInference, .batchNormApply:
            _ = channels()
            return [operands[0]]
        case .batchNormGradientSums:
            return [TensorType([2 * channels()], .float64)]
        case .batchNormInputGradient:
            return [operands[0]]
        case .batchNormParameterGradient:
            return [TensorType([operands[0].shape[0] / 2])]
        case .layerNorm, .layerNormGradient:
            let weight = operands[1]
            require(
                weight == operands[2] && operands[0].shape.suffix(weight.shape.count) == weight.shape[...],
                "weight and bias must have the shape of the last dimensions")
            return operands.count == 3 ? [operands[0]] : [operands[0], weight, weight]
        case .groupNorm(let attributes), .groupNormGradient(let attributes):
            require(
                channels() % attributes.groups == 0, "\(attributes.groups) groups do not divide the channels")
            require(
                operands[1].shape == [channels()] && operands[2] == operands[1],
                "weight and bias need one value per channel")
            return operands.count == 3 ? [operands[0]] : [operands[0], operands[1], operands[1]]
        case .runningMean, .runningVariance:
            return [operands[1]]
        case .channelMean, .channelDeviation:
            return [TensorType([(operands[0].shape[0] - 1) / 2])]
        case .correctCount:
            return [TensorType([], .float64)]
        case .channelMoments:
            return [TensorType([1 + 2 * channels()], .float64)]
        case .crossShardSum, .crossShardMoments:
            return operands
        }
    }
}
