import Graph
import GraphSupport

extension ValueCase {
    /// Every case.
    static var all: [ValueCase] { elementwise + arrays + images + rows + moments }

    private static var elementwise: [ValueCase] {
        func unary(_ function: Unary, _ x: [Double], _ y: [Double]) -> ValueCase {
            ValueCase("\(function)", ReferenceTensor([x.count], x), gives: ReferenceTensor([y.count], y)) {
                x, _ in
                x.applying(.elementwise(.unary(function)))
            }
        }
        func binary(_ function: Binary, _ a: [Double], _ b: [Double], _ z: [Double]) -> ValueCase {
            ValueCase(
                "\(function)", ReferenceTensor([a.count], a), variables: [ReferenceTensor([b.count], b)],
                gives: ReferenceTensor([z.count], z)
            ) { a, others in a.applying(.elementwise(.binary(function)), others[0]) }
        }
        return [
            unary(.negate, [2, -3], [-2, 3]), unary(.exp, [0, 1], [1, 2.718281828459045]),
            unary(.log, [1, 7.38905609893065], [0, 2]), unary(.sqrt, [4, 2.25], [2, 1.5]),
            unary(.reciprocal, [4, -0.5], [0.25, -2]),
            unary(.tanh, [0, 0.5493061443340548], [0, 0.5]),
            unary(.sigmoid, [0, 1.0986122886681098], [0.5, 0.75]),
            unary(.erf, [0, 1, -1], [0, 0.8427007929497149, -0.8427007929497149]),
            unary(.relu, [-1, 0, 2], [0, 0, 2]), unary(.abs, [-1, 0, 2], [1, 0, 2]),
            unary(.square, [-3, 2], [9, 4]),
            unary(.sin, [0, 0.5235987755982988], [0, 0.5]), unary(.cos, [0, 1.0471975511965976], [1, 0.5]),
            unary(.power(3), [-2, 0.5], [-8, 0.125]), unary(.power(0), [0, -3], [1, 1]),
            binary(.power, [2, 9, 0, -2], [3, 0.5, 0, 2], [8, 3, 1, 4]),
            binary(.maximum, [1, -2, 3], [2, -5, 3], [2, -2, 3]),
            binary(.minimum, [1, -2, 3], [2, -5, 3], [1, -5, 3]),
            binary(.less, [1, 2, 3], [2, 2, 2], [1, 0, 0]),
            binary(.lessOrEqual, [1, 2, 3], [2, 2, 2], [1, 1, 0]),
            binary(.equal, [1, 2, 3], [2, 2, 2], [0, 1, 0]),
            unary(.step, [-1, 0, 2], [0, 0, 1]), unary(.sign, [-5, 0, 2], [-1, 0, 1]),
            unary(.leakyRelu(slope: 0.1), [-2, 3], [-0.2, 3]),
            unary(.gelu, [1, -1, 0], [0.8413447460685429, -0.15865525393145707, 0]),
            unary(.softplus, [0, 1000, -1000], [0.6931471805599453, 1000, 0]),
            unary(.clamp(limit: 2), [-3, -2, 1, 2, 9], [-2, -2, 1, 2, 2]),
            unary(.scale(-2), [3], [-6]), unary(.offset(-2), [3], [1]),
            binary(.add, [1, 2], [3, 5], [4, 7]), binary(.subtract, [1, 2], [3, 5], [-2, -3]),
            binary(.multiply, [1, 2], [3, 5], [3, 10]), binary(.divide, [1, 5], [4, 2], [0.25, 2.5]),
            binary(.reluGradient, [-1, 0, 2], [7, 8, 9], [0, 0, 9]),
            binary(.leakyReluGradient(slope: 0.1), [-1, 2], [7, 9], [0.7, 9]),
            binary(.sigmoidGradient, [0.25], [8], [1.5]), binary(.tanhGradient, [0.5], [8], [6]),
            // Φ(1) + φ(1).
            binary(.geluGradient, [1], [2], [2 * (0.8413447460685429 + 0.24197072451914337)]),
        ]
    }

    private static var arrays: [ValueCase] {
        let x = ReferenceTensor([2, 3], [1, 5, 3, 4, 2, 6])
        return [
            ValueCase("stopGradient", x, gives: x) { x, _ in x.detached() },
            ValueCase("slice", x, gives: ReferenceTensor([2, 2], [5, 3, 2, 6])) { x, _ in x.sliced(1, 1..<3)
            },
            ValueCase("concatenate", x, gives: ReferenceTensor([4, 3], x.values + x.values)) { x, _ in
                .concatenated([x, x], axis: 0)
            },
            ValueCase("cumulative sum", x, gives: ReferenceTensor([2, 3], [1, 6, 9, 4, 6, 12])) { x, _ in
                x.cumulativeSum(1)
            },
            ValueCase(
                "pad by reflect", x,
                gives: ReferenceTensor([2, 7], [3, 5, 1, 5, 3, 5, 1, 6, 2, 4, 2, 6, 2, 4])
            ) { x, _ in x.padded(1, before: 2, after: 2, .reflect) },
            ValueCase(
                "pad by circular", x, gives: ReferenceTensor([2, 5], [3, 1, 5, 3, 1, 6, 4, 2, 6, 4])
            ) { x, _ in x.padded(1, before: 1, after: 1, .circular) },
            ValueCase(
                "pad by replicate", x, gives: ReferenceTensor([2, 5], [1, 1, 5, 3, 3, 4, 4, 2, 6, 6])
            ) { x, _ in x.padded(1, before: 1, after: 1, .replicate) },
            ValueCase("pad by zeros", x, gives: ReferenceTensor([2, 5], [0, 1, 5, 3, 0, 0, 4, 2, 6, 0])) {
                x, _ in x.padded(1, before: 1, after: 1)
            },
            ValueCase(
                "mask of positions", x, labels: [2, 0], gives: ReferenceTensor([2, 3], [1, 1, 0, 0, 0, 0])
            ) { _, others in others[0].positionMask(steps: 3) },
            ValueCase(
                "lengths behind windows", x, labels: [5, 1],
                gives: ReferenceTensor([2, 3], [1, 1, 0, 1, 0, 0])
            ) { _, others in
                // ⌊(5 − 2) / 2⌋ + 1 = 2; no window fits on 1, which is counted as one.
                others[0].applying(.sequence(.windowed(Window1d(kernel: 2)))).positionMask(steps: 3)
            },
            ValueCase(
                "gather rows", x, labels: [1, 0], gives: ReferenceTensor([2, 3], [4, 2, 6, 1, 5, 3])
            ) { x, others in x.gatheredRows(others[0]) },
            ValueCase("reshape", x, gives: ReferenceTensor([3, 2], x.values)) { x, _ in
                x.reshaped(to: [3, 2])
            },
            ValueCase("transpose", x, gives: ReferenceTensor([3, 2], [1, 4, 5, 2, 3, 6])) { x, _ in
                x.transposed()
            },
            ValueCase(
                "transpose of three dimensions", ReferenceTensor([1, 2, 2], [1, 2, 3, 4]),
                gives: ReferenceTensor([2, 1, 2], [1, 3, 2, 4])
            ) { x, _ in x.transposed([2, 0, 1]) },
            ValueCase(
                "broadcast", ReferenceTensor([2, 1], [1, 2]),
                gives: ReferenceTensor([2, 3], [1, 1, 1, 2, 2, 2])
            ) { x, _ in x.broadcast(to: [2, 3]) },
            ValueCase("sum of rows", x, gives: ReferenceTensor([2, 1], [9, 12])) { x, _ in x.sum([1]) },
            ValueCase("sum of columns", x, gives: ReferenceTensor([1, 3], [5, 7, 9])) { x, _ in x.sum([0]) },
            ValueCase("maximum", x, gives: ReferenceTensor([2, 1], [5, 6])) { x, _ in x.maximum([1]) },
            ValueCase(
                "oneHot", x, labels: [2, 0], gives: ReferenceTensor([2, 3], [0, 0, 1, 1, 0, 0])
            ) { _, others in others[0].oneHot(3) },
            ValueCase(
                "matmul", x, variables: [ReferenceTensor([3, 1], [1, 10, 100])],
                gives: ReferenceTensor([2, 1], [351, 624])
            ) { x, others in x.matmul(others[0]) },
            ValueCase(
                "linear", x,
                variables: [ReferenceTensor([1, 3], [1, 10, -100]), ReferenceTensor([1], [600])],
                gives: ReferenceTensor([2, 1], [351, 24])
            ) { x, others in x.linear(weight: others[0], bias: others[1]) },
            ValueCase(
                "biasAdd", x, variables: [ReferenceTensor([3], [-2, -3, -5])],
                gives: ReferenceTensor([2, 3], [0, 2, 0, 2, 0, 1])
            ) { x, others in x.applying(.dense(.biasAdd(relu: true)), others[0]) },
            ValueCase(
                "batchCount",
                shards: [ReferenceShard(count: 2), ReferenceShard(count: 0), ReferenceShard(count: 3)],
                gives: [ReferenceTensor(5), ReferenceTensor(5), ReferenceTensor(5)]
            ) { builder, _ in builder.batchCount },
            ValueCase(
                "labelWeightSum",
                shards: [
                    ReferenceShard(count: 2, labels: ReferenceTensor([2], [1, 0])), ReferenceShard(count: 0),
                    ReferenceShard(count: 1, labels: ReferenceTensor([1], [1])),
                ], gives: [ReferenceTensor(5.5), ReferenceTensor(5.5), ReferenceTensor(5.5)]
            ) { builder, _ in builder.labelWeightSum([0.5, 2.5]) },
            ValueCase(
                "labelWeightSum without weight",
                shards: [ReferenceShard(count: 1, labels: ReferenceTensor([1], [1]))],
                gives: [ReferenceTensor(.infinity)]
            ) { builder, _ in builder.labelWeightSum([3, 0]) },
            ValueCase(
                "numbers", shards: [ReferenceShard(count: 1)], gives: [ReferenceTensor([2, 1], [3, -4])]
            ) { builder, _ in builder.numbers([3, -4], shape: [2, 1]) },
        ]
    }

    private static var images: [ValueCase] {
        let x = ReferenceTensor([1, 1, 3, 3], (1...9).map(Double.init))
        let padded = Window2d(kernel: 3, stride: 2, padding: 1)
        return [
            // A kernel that is not symmetric: true convolution, which flips it, would pick 5, 6, 8, 9.
            ValueCase(
                "convolution is cross-correlation", x,
                variables: [ReferenceTensor([1, 1, 2, 2], [1, 0, 0, 0])],
                gives: ReferenceTensor([1, 1, 2, 2], [1, 2, 4, 5])
            ) { x, others in x.convolution(others[0], geometry: Convolution2d()) },
            ValueCase(
                "convolution with stride and padding", x,
                variables: [ReferenceTensor([1, 1, 2, 2], repeating: 1), ReferenceTensor([1], [0.5])],
                gives: ReferenceTensor([1, 1, 2, 2], [1.5, 5.5, 11.5, 28.5])
            ) { x, others in
                x.convolution(others[0], bias: others[1], geometry: Convolution2d(stride: 2, padding: 1))
            },
            ValueCase(
                "convolution in groups", ReferenceTensor([1, 2, 1, 2], [1, 2, 3, 4]),
                variables: [ReferenceTensor([2, 1, 1, 1], [10, 100])],
                gives: ReferenceTensor([1, 2, 1, 2], [10, 20, 300, 400])
            ) { x, others in x.convolution(others[0], geometry: Convolution2d(groups: 2)) },
            ValueCase(
                "maxPool with overlap", x, gives: ReferenceTensor([1, 1, 2, 2], [5, 6, 8, 9])
            ) { x, _ in x.maxPooled(Window2d(kernel: 2, stride: 1)) },
            ValueCase(
                "maxPool padding never wins", x.map { -$0 },
                gives: ReferenceTensor([1, 1, 2, 2], [-1, -2, -4, -5])
            ) { x, _ in x.maxPooled(padded) },
            ValueCase(
                "maxPool offsets", x.map { -$0 }, gives: ReferenceTensor([1, 1, 2, 2], [4, 3, 1, 0])
            ) { x, _ in
                Tensor(
                    Graph.Value(x.builder.addNode(.pooling(.maxPool(padded)), [x.value]), 1), in: x.builder)
            },
            ValueCase(
                "averagePool counts padding", ReferenceTensor([1, 1, 2, 2], [1, 2, 3, 4]),
                gives: ReferenceTensor([1, 1, 2, 2], [0.25, 0.5, 0.75, 1])
            ) { x, _ in x.averagePooled(Window2d(kernel: 2, stride: 2, padding: 1)) },
        ]
    }

    private static var rows: [ValueCase] {
        let logThree = 1.0986122886681098
        let logits = ReferenceTensor([2, 2], [0, logThree, 1000, 1000])
        return [
            ValueCase("softmax", logits, gives: ReferenceTensor([2, 2], [0.25, 0.75, 0.5, 0.5])) { x, _ in
                x.softmax()
            },
            ValueCase(
                "logSoftmax", logits,
                gives: ReferenceTensor(
                    [2, 2],
                    [-1.3862943611198906, -0.2876820724517809, -0.6931471805599453, -0.6931471805599453])
            ) { x, _ in x.logSoftmax() },
            ValueCase(
                "crossEntropy", logits, labels: [1, 0],
                gives: ReferenceTensor([2], [0.2876820724517809, 0.6931471805599453])
            ) { x, others in x.crossEntropy(labels: others[0]) },
            ValueCase(
                "crossEntropyGradient", logits, labels: [1, 0], variables: [ReferenceTensor([2], [2, 4])],
                gives: ReferenceTensor([2, 2], [0.5, -0.5, -2, 2])
            ) { x, others in x.applying(.rows(.crossEntropyGradient), others[1], others[0]) },
            // The first of equals counts, and a NaN is larger than any number.
            ValueCase(
                "correctCount", ReferenceTensor([4, 3], [1, 3, 3, 3, 3, 1, 0, 9, 1, 5, .nan, 7]),
                labels: [1, 1, 1, 1], gives: ReferenceTensor(3)
            ) { x, others in x.applying(.rows(.correctCount), others[0]) },
        ]
    }

    private static var moments: [ValueCase] {
        let attributes = BatchNorm(epsilon: 1, synchronized: true, relu: true)
        let parts = [
            ReferenceTensor([2, 2], [1, 10, 3, 20]), ReferenceTensor([0, 2], []),
            ReferenceTensor([1, 2], [8, 0]),
        ]
        let whole = ReferenceTensor([5], [3, 4, 10, 26, 200])
        return [
            ValueCase("channelMoments", parts[0], gives: ReferenceTensor([5], [2, 2, 15, 2, 50])) { x, _ in
                x.channelMoments()
            },
            ValueCase("channelMoments of nothing", parts[1], gives: ReferenceTensor([5], repeating: 0)) {
                x, _ in
                x.channelMoments()
            },
            ValueCase(
                "crossShardMoments",
                shards: parts.map { ReferenceShard(count: $0.shape[0], features: $0) },
                gives: [whole, whole, whole]
            ) { builder, shard in
                builder.input(.features, TensorType([shard.count, 2]))
                    .channelMoments().mergedAcrossShards()
            },
            ValueCase(
                "runningMean", parts[0], variables: [ReferenceTensor([2], [1, 1])],
                gives: ReferenceTensor([2], [1.1, 2.4])
            ) { x, others in
                x.channelMoments().applying(.batchNormalization(.runningMean(momentum: 0.1)), others[0])
            },
            ValueCase(
                "runningVariance", parts[0], variables: [ReferenceTensor([2], [1, 1])],
                gives: ReferenceTensor([2], [1.1, 5.9])
            ) { x, others in
                x.channelMoments().applying(.batchNormalization(.runningVariance(momentum: 0.1)), others[0])
            },
            ValueCase("channelMean", parts[0], gives: ReferenceTensor([2], [2, 15])) { x, _ in
                x.channelMoments().applying(.batchNormalization(.channelMean))
            },
            // Variances 1 and 25.
            ValueCase(
                "channelDeviation", parts[0], gives: ReferenceTensor([2], [2, 28.0.squareRoot()])
            ) { x, _ in x.channelMoments().applying(.batchNormalization(.channelDeviation(epsilon: 3))) },
            // Means 2 and 3, deviations 1 and 2 with ε.
            ValueCase(
                "layerNorm", ReferenceTensor([2, 2], [1, 3, 1, 5]),
                variables: [ReferenceTensor([2], [3, 1]), ReferenceTensor([2], [0, 10])],
                gives: ReferenceTensor([2, 2], [-3, 11, -3, 11])
            ) { x, others in x.applying(.exampleNormalization(.layerNorm(epsilon: 0)), others[0], others[1])
            },
            ValueCase(
                "groupNorm", ReferenceTensor([1, 2, 2], [1, 3, 1, 5]),
                variables: [ReferenceTensor([2], [3, 1]), ReferenceTensor([2], [0, 10])],
                gives: ReferenceTensor([1, 2, 2], [0, 3, 9, 11])
            ) { x, others in
                x.applying(
                    .exampleNormalization(.groupNorm(GroupNorm(groups: 2, epsilon: 0, relu: true))),
                    others[0], others[1])
            },
            // Mean 2 and variance 6/2, so that the deviation with ε = 1 is 2.
            ValueCase(
                "batchNormApply", ReferenceTensor([2, 1], [6, -2]),
                variables: [
                    ReferenceTensor([3], [2, 2, 6]), ReferenceTensor([1], [3]), ReferenceTensor([1], [-1]),
                ],
                gives: ReferenceTensor([2, 1], [5, 0])
            ) { x, others in
                x.applying(.batchNormalization(.batchNormApply(attributes)), others[0], others[1], others[2])
            },
            ValueCase(
                "batchNormInference", ReferenceTensor([2, 1], [6, -2]),
                variables: [2, 3, 3, -1].map { ReferenceTensor([1], [$0]) },
                gives: ReferenceTensor([2, 1], [5, 0])
            ) { x, others in
                x.applying(
                    .batchNormalization(.batchNormInference(attributes)), others[0], others[1], others[2],
                    others[3])
            },
        ]
    }
}
