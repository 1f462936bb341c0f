import CKernels
import Graph

/// One shard's walk through its graph, which stops at every node that needs all shards.
struct ReferenceEvaluation {
    private let graph: Graph
    private let shard: ReferenceShard
    private let variables: [ReferenceTensor]
    private let directions: [ReferenceTensor]
    private let batchCount: Int
    /// The labels of all shards.
    private let batchLabels: [Double]
    private let dropoutKey: dt_philox_key
    /// The results of the nodes that have run, in order.
    private var made: [[ReferenceTensor]] = []

    init(
        graph: Graph, shard: ReferenceShard, variables: [ReferenceTensor], directions: [ReferenceTensor],
        batchCount: Int,
        batchLabels: [Double], dropoutKey: dt_philox_key
    ) {
        self.graph = graph
        self.shard = shard
        self.variables = variables
        self.directions = directions
        self.batchCount = batchCount
        self.batchLabels = batchLabels
        self.dropoutKey = dropoutKey
    }

    /// The operation that waits for the other shards and its operands here; nil at the end.
    var meeting: (operation: Operation, operands: [ReferenceTensor])? {
        guard made.count < graph.nodes.count else { return nil }
        let node = graph.nodes[made.count]
        return (node.operation, operands(of: node))
    }

    /// Runs nodes up to the next that needs all shards.
    mutating func advance() {
        while made.count < graph.nodes.count {
            let node = graph.nodes[made.count]
            guard let results = local(node, operands(of: node)) else { return }
            append(results)
        }
    }

    /// Gives the waiting node its results.
    mutating func append(_ results: [ReferenceTensor]) {
        let node = graph.nodes[made.count]
        precondition(
            results.map(\.shape) == node.types.map(\.shape),
            "\(node.operation) made shapes \(results.map(\.shape)) where the graph says \(node.types)")
        made.append(results)
    }

    /// What the graph is for.
    var results: ReferenceResults {
        ReferenceResults(graph.results.map { ($0.role, made[$0.value.node][$0.value.output]) })
    }

    private func operands(of node: Graph.Node) -> [ReferenceTensor] {
        node.operands.map { made[$0.node][$0.output] }
    }

    /// The results of an operation that needs this shard only, else nil.
    private func local(_ node: Graph.Node, _ operands: [ReferenceTensor]) -> [ReferenceTensor]? {
        func o(_ place: Int) -> ReferenceTensor { operands[place] }
        switch node.operation {
        case .collective(.crossShardSum), .collective(.crossShardMoments), .batchNormalization(.batchNorm):
            return nil

        case .leaf(.input(let input)): return [shard.tensor(of: input)]
        case .leaf(.parameter(let place)), .leaf(.state(let place)): return [variables[place]]
        case .leaf(.direction(let place)): return [directions[place]]
        case .leaf(.constant(let value)): return [ReferenceTensor(node.types[0].shape, repeating: value)]
        case .leaf(.batchCount): return [ReferenceTensor(Double(batchCount))]

        case .leaf(.numbers(let values)): return [ReferenceTensor(node.types[0].shape, values)]
        case .leaf(.labelWeightSum(let weights)):
            let sum = batchLabels.map { $0 < 0 ? 0 : weights[Int($0)] }.reduce(0, +)
            return [ReferenceTensor(sum > 0 ? sum : .infinity)]

        case .elementwise(.unary(let function)): return [o(0).applying(function)]
        case .elementwise(.binary(let function)): return [o(0).applying(function, o(1))]
        case .elementwise(.select): return [o(0).selecting(o(1), else: o(2))]
        // Everything is Float64 here, so that conversions and detached values are the values themselves.
        case .elementwise(.convert(.int32)): return [o(0).map { $0.rounded(.towardZero) }]
        case .elementwise(.convert), .elementwise(.stopGradient): return [o(0)]

        case .shape(.reshape(let shape)): return [o(0).reshaped(to: shape)]
        case .shape(.transpose(let permutation)): return [o(0).transposed(permutation)]
        case .shape(.broadcast(let shape)): return [o(0).broadcast(to: shape)]
        case .shape(.sum(let axes)): return [o(0).sum(axes)]
        case .shape(.maximum(let axes)): return [o(0).maximum(axes)]
        case .shape(.oneHot(let classes)): return [o(0).oneHot(classes)]

        case .moves(.slice(let axis, let first, let count)): return [o(0).sliced(axis, first, count)]
        case .moves(.concatenate(let axis)): return [ReferenceTensor.concatenated(operands, axis: axis)]
        case .moves(.pad(let padding)): return [o(0).padded(padding)]
        case .moves(.padGradient(let padding)): return [o(0).paddingGradient(padding)]
        case .moves(.cumulativeSum(let axis, let reversed)):
            return [o(0).cumulativeSum(axis, reversed: reversed)]
        case .lookup(.gatherRows): return [o(0).gatheredRows(o(1))]
        case .lookup(.scatterRows(let rows, let frozen)):
            return [o(0).scatteredRows(o(1), rows: rows, frozen: frozen)]
        case .sequence(.mask(let steps)): return [o(0).positionMask(steps: steps)]
        case .sequence(.windowed(let window)):
            return [o(0).map { Double(max(1, window.output(of: Int($0)))) }]
        case .recurrent(.recurrent(let recurrence)): return ReferenceTensor.recurrent(recurrence, operands)
        case .recurrent(.recurrentGradient(let recurrence)):
            return ReferenceTensor.recurrentGradient(recurrence, operands)
        case .attention(.attention(let form)):
            return ReferenceTensor.attention(form, operands, dropoutKey: dropoutKey)
        case .attention(.attentionGradient(let form)):
            return ReferenceTensor.attentionGradient(form, operands, dropoutKey: dropoutKey)

        case .dense(.matmul(let transposeA, let transposeB)):
            return [o(0).matmul(o(1), transposeA: transposeA, transposeB: transposeB)]
        case .dense(.batchedMatmul(let transposeA, let transposeB)):
            return [o(0).batchedMatmul(o(1), transposeA: transposeA, transposeB: transposeB)]
        case .convolution(.convolution(let geometry)): return [o(0).convolution(o(1), geometry)]
        case .convolution(.convolutionInputGradient(let geometry, let input)):
            return [o(0).convolutionInputGradient(o(1), geometry, input: input)]
        case .convolution(.convolutionWeightGradient(let geometry, let kernel)):
            return [o(0).convolutionWeightGradient(o(1), geometry, kernel: kernel)]

        case .pooling(.maxPool(let window)):
            let (y, indices) = o(0).maxPool(window)
            return [y, indices]
        case .pooling(.maxPoolScatter(let window, let input)):
            return [o(0).maxPoolScatter(o(1), window, input: input)]
        case .pooling(.maxPoolGather(let window)): return [o(0).maxPoolGather(o(1), window)]
        case .pooling(.averagePool(let window)): return [o(0).averagePool(window)]
        case .pooling(.averagePoolScatter(let window, let input)):
            return [o(0).averagePoolScatter(window, input: input)]

        case .random(.dropoutMask(let rate, let tag, let shape)):
            return [o(0).dropoutMask(shape: shape, rate: rate, tag: tag, key: dropoutKey)]
        case .random(.dropout(let rate, let tag)):
            return [
                o(0).combined(
                    with: o(1).dropoutMask(shape: o(0).shape, rate: rate, tag: tag, key: dropoutKey), *)
            ]

        case .dense(.linear(let relu)):
            return [o(0).linear(weight: o(1), bias: operands.count == 3 ? o(2) : nil, relu: relu)]
        case .dense(.biasAdd(let relu)): return [o(0).addingBias(o(1), relu: relu)]
        case .rows(.softmax): return [o(0).softmax()]
        case .rows(.softmaxGradient): return [o(0).softmaxGradient(o(1))]
        case .rows(.logSoftmax): return [o(0).logSoftmax()]
        case .rows(.logSoftmaxGradient): return [o(0).logSoftmaxGradient(o(1))]
        case .rows(.crossEntropy): return [o(0).crossEntropy(labels: o(1))]
        case .rows(.crossEntropyGradient): return [o(0).crossEntropyGradient(labels: o(1), dloss: o(2))]
        case .rows(.correctCount): return [o(0).correctCount(labels: o(1))]

        case .batchNormalization(.channelMoments): return [ReferenceTensor.channelMoments(of: [o(0)])]
        case .batchNormalization(.batchNormApply(let attributes)):
            return [o(0).batchNormApply(moments: o(1), weight: o(2), bias: o(3), attributes)]
        case .batchNormalization(.batchNormInference(let attributes)):
            return [
                o(0).batchNormInference(mean: o(1), variance: o(2), weight: o(3), bias: o(4), attributes)
            ]
        case .batchNormalization(.batchNormGradientSums(let attributes)):
            return [o(0).batchNormGradientSums(moments: o(1), weight: o(2), bias: o(3), dy: o(4), attributes)]
        case .batchNormalization(.batchNormInputGradient(let attributes)):
            return [
                o(0).batchNormInputGradient(
                    moments: o(1), weight: o(2), bias: o(3), dy: o(4), sums: o(5), attributes)
            ]
        case .batchNormalization(.batchNormParameterGradient(let ofWeight)):
            let channelCount = o(0).values.count / 2
            let start = ofWeight ? channelCount : 0
            return [ReferenceTensor([channelCount], Array(o(0).values[start..<start + channelCount]))]
        case .exampleNormalization(.layerNorm(let epsilon)):
            return [o(0).layerNorm(weight: o(1), bias: o(2), epsilon: epsilon)]
        case .exampleNormalization(.layerNormGradient(let epsilon)):
            return o(0).layerNormGradient(weight: o(1), bias: o(2), dy: o(3), epsilon: epsilon)
        case .exampleNormalization(.rmsNorm(let epsilon)):
            return [o(0).rmsNorm(weight: o(1), epsilon: epsilon)]
        case .exampleNormalization(.rmsNormGradient(let epsilon)):
            return o(0).rmsNormGradient(weight: o(1), dy: o(2), epsilon: epsilon)
        case .exampleNormalization(.groupNorm(let attributes)):
            return [o(0).groupNorm(weight: o(1), bias: o(2), attributes)]
        case .exampleNormalization(.groupNormGradient(let attributes)):
            return o(0).groupNormGradient(weight: o(1), bias: o(2), dy: o(3), attributes)
        case .batchNormalization(.channelMean): return [o(0).channelMean]
        case .batchNormalization(.channelDeviation(let epsilon)):
            return [o(0).channelDeviation(epsilon: epsilon)]
        case .batchNormalization(.runningMean(let momentum)):
            return [o(0).runningMean(o(1), momentum: momentum)]
        case .batchNormalization(.runningVariance(let momentum)):
            return [o(0).runningVariance(o(1), momentum: momentum)]
        }
    }
}
