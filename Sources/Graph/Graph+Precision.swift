/// Lower precision: which tensors are stored as bfloat16.
///
/// Products (dense layers, convolutions and their gradients) read bfloat16 and add up in Float32. What they make, what follows
/// it element by element, and the gradients of both are stored as bfloat16; everything else stays as it is.
extension Graph {
    /// The graph computed in `precision`; runs last, on a graph that is complete.
    ///
    /// Operations keep their meaning: one that has bfloat16 operands computes in Float32 (or Float64) and rounds once what it
    /// stores. Where a Float32 tensor enters a product, or a bfloat16 one an operation that needs Float32, a conversion stands
    /// between. The model's outputs are Float32: behind its last product nothing is rounded, so that losses and softmax see
    /// what the product summed.
    package func stored(in precision: Precision) -> Graph {
        switch precision {
        case .float32: return self
        case .bfloat16:
            var pass = BFloat16Pass(self)
            return pass.rewritten()
        }
    }
}

/// What an operation does with bfloat16 tensors; places are those of its operands, and result 0 is meant.
private enum Storage {
    /// Reads these operands as bfloat16, and stores the result as such or, a weight gradient, as Float32.
    case product(operands: [Int], isWeightGradient: Bool)
    /// Stores its result as it finds these operands, which it wants stored alike.
    case following([Int])
    /// Reads these operands stored alike, either way; its results have their own types.
    case reading([Int])
    /// Reads and writes what it always did.
    case fixed
}

/// One run of the pass.
private struct BFloat16Pass {
    private let graph: Graph
    private let isUniform: [Bool]
    private let storages: [Storage]
    /// Whether a value is made on the way from the inputs to the last product.
    private let isInTrunk: [Bool]
    /// Whether it is part of the way from the loss back to the parameters.
    private let isBackward: [Bool]
    private var nodes: [Graph.Node] = []
    /// The new values of a value, by its element type.
    private var versions: [Graph.Value: [ElementType: Graph.Value]] = [:]

    init(_ graph: Graph) {
        self.graph = graph
        isUniform = graph.uniformNodes
        let uniform = isUniform
        storages = graph.nodes.indices.map { graph.nodes[$0].storage(uniform) }
        let forward = graph.ancestors(
            of: graph.results.filter { $0.role.isForward }.map(\.value.node))
        let products = graph.nodes.indices.filter { index in
            if case .product = graph.nodes[index].storage(uniform) { forward[index] } else { false }
        }
        isInTrunk = graph.ancestors(of: products.flatMap { graph.nodes[$0].operands.map(\.node) })
        isBackward = forward.map { !$0 }
    }

    /// The graph with bfloat16 tensors and the conversions between.
    mutating func rewritten() -> Graph {
        for (index, node) in graph.nodes.enumerated() {
            var types = node.types
            let operands: [Graph.Value]
            switch storages[index] {
            case .product(let places, let isWeightGradient):
                operands = node.operands.enumerated().map { place, operand in
                    version(of: operand, places.contains(place) ? .bfloat16 : .float32)
                }
                if !isWeightGradient, isInTrunk[index] || isBackward[index] { types[0] = types[0].rounded }
            case .following(let places):
                let isRounded = !isUniform[index] && isKept(index) && areRounded(places, of: node)
                operands = self.operands(of: node, places, isRounded)
                if isRounded { types[0] = types[0].rounded }
            case .reading(let places):
                operands = self.operands(of: node, places, areRounded(places, of: node))
            case .fixed:
                operands = self.operands(of: node, [], false)
            }
            nodes.append(Graph.Node(operation: node.operation, operands: operands, types: types))
            for output in types.indices {
                versions[Graph.Value(index, output)] = [
                    types[output].element: Graph.Value(nodes.count - 1, output)
                ]
            }
        }
        let results = graph.results.map {
            Graph.Result($0.role, version(of: $0.value, graph.type(of: $0.value).element))
        }
        return Graph(nodes: nodes, results: results).withoutDeadNodes()
    }

    /// Whether what a following operation makes may be stored as bfloat16: not behind the last product of the forward pass.
    private func isKept(_ index: Int) -> Bool { isInTrunk[index] || isBackward[index] }

    /// Whether all operands at `places` are stored as bfloat16.
    private func areRounded(_ places: [Int], of node: Graph.Node) -> Bool {
        places.allSatisfy { isRounded(node.operands[$0]) }
    }

    /// Whether a value is made as bfloat16, not only converted for some readers.
    private func isRounded(_ value: Graph.Value) -> Bool {
        guard let made = versions[value]?[.bfloat16] else { return false }
        return nodes[made.node].operation != .elementwise(.convert(.bfloat16))
    }

    /// The new operands, those at `places` as bfloat16 if told, all others as they were.
    private mutating func operands(of node: Graph.Node, _ places: [Int], _ isRounded: Bool) -> [Graph.Value] {
        var made: [Graph.Value] = []
        for (place, operand) in node.operands.enumerated() {
            let wanted = isRounded && places.contains(place) ? .bfloat16 : graph.type(of: operand).element
            made.append(version(of: operand, wanted))
        }
        return made
    }

    /// The value stored as `element`, converted the first time it is asked for so.
    private mutating func version(of value: Graph.Value, _ element: ElementType) -> Graph.Value {
        if let known = versions[value]?[element] { return known }
        guard let source = versions[value]?.values.first else {
            preconditionFailure("a value is read before it is made")
        }
        let type = TensorType(graph.type(of: value).shape, element)
        nodes.append(
            Graph.Node(operation: .elementwise(.convert(element)), operands: [source], types: [type]))
        let made = Graph.Value(nodes.count - 1)
        versions[value]?[element] = made
        return made
    }
}

extension Graph.Node {
    /// What the operation does with bfloat16 tensors.
    fileprivate func storage(_ isUniform: [Bool]) -> Storage {
        switch operation {
        case .dense(let operation): storage(of: operation, isUniform)
        case .convolution(let operation):
            switch operation {
            case .convolution, .convolutionInputGradient:
                .product(operands: [0, 1], isWeightGradient: false)
            case .convolutionWeightGradient: .product(operands: [0, 1], isWeightGradient: true)
            }
        case .elementwise(let operation):
            switch operation {
            case .unary, .stopGradient: .following([0])
            case .binary: .following([0, 1])
            case .convert, .select: .fixed
            }
        case .shape(let operation):
            switch operation {
            case .reshape: .following([0])
            case .sum: .reading([0])
            case .transpose, .broadcast, .maximum, .oneHot: .fixed
            }
        case .moves(let operation):
            switch operation {
            case .slice, .concatenate, .pad: .following(Array(operands.indices))
            case .padGradient, .cumulativeSum: .fixed
            }
        case .pooling: .following([0])
        case .batchNormalization(let operation):
            switch operation {
            case .batchNormApply, .batchNormInference: .following([0])
            case .batchNormInputGradient: .following([0, 4])
            case .batchNormGradientSums: .reading([0, 4])
            case .channelMoments: .reading([0])
            case .batchNorm, .batchNormParameterGradient, .channelMean, .channelDeviation, .runningMean,
                .runningVariance:
                .fixed
            }
        case .exampleNormalization(let operation):
            switch operation {
            case .groupNorm: .following([0])
            case .groupNormGradient: .following([0, 3])
            case .layerNorm: .following([0])
            case .layerNormGradient: .following([0, 3])
            case .rmsNorm, .rmsNormGradient: .fixed
            }
        case .random(.dropout): .following([0])
        case .leaf, .random, .rows, .lookup, .sequence, .recurrent, .attention, .collective: .fixed
        }
    }

    private func storage(of operation: Operation.Dense, _ isUniform: [Bool]) -> Storage {
        switch operation {
        case .linear: .product(operands: [0, 1], isWeightGradient: false)
        case .matmul(transposeA: false, transposeB: false) where isUniform[operands[1].node]:
            .product(operands: [0, 1], isWeightGradient: false)
        case .matmul(transposeA: true, transposeB: false)
        where operands.allSatisfy { !isUniform[$0.node] }:
            .product(operands: [0, 1], isWeightGradient: true)
        case .matmul, .batchedMatmul: .fixed
        case .biasAdd: .following([0])
        }
    }
}

extension Graph.Role {
    /// Whether the forward pass makes it.
    fileprivate var isForward: Bool {
        switch self {
        case .output, .state, .report: true
        case .gradient: false
        }
    }
}

extension Graph {
    /// Whether each node's results are the same for all shards of a mini-batch: what is computed of parameters, states and
    /// results of collectives alone.
    package var uniformNodes: [Bool] {
        var isUniform: [Bool] = []
        for node in nodes {
            switch node.operation {
            case .leaf(.input): isUniform.append(false)
            case .leaf, .collective: isUniform.append(true)
            case .elementwise, .random, .shape, .moves, .lookup, .sequence, .recurrent, .attention, .dense,
                .convolution, .pooling, .rows, .batchNormalization, .exampleNormalization:
                isUniform.append(node.operands.allSatisfy { isUniform[$0.node] })
            }
        }
        return isUniform
    }

    /// Whether each node is one of `nodes` or something they are computed from.
    fileprivate func ancestors(of nodes: [Int]) -> [Bool] {
        var isAncestor = Array(repeating: false, count: self.nodes.count)
        for node in nodes { isAncestor[node] = true }
        for index in self.nodes.indices.reversed() where isAncestor[index] {
            for operand in self.nodes[index].operands { isAncestor[operand.node] = true }
        }
        return isAncestor
    }
}

extension TensorType {
    /// The same tensor stored as bfloat16.
    fileprivate var rounded: TensorType { TensorType(shape, .bfloat16) }
}
