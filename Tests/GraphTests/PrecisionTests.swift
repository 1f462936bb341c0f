import Layers
import Testing

@testable import Graph

/// Which tensors a graph in lower precision stores as bfloat16.
@Suite struct PrecisionTests {
    private func graph(_ layers: Sequential, _ shape: [Int], loss: Loss = .crossEntropy) throws -> Graph {
        let model = try TracedModel(
            layers, exampleShape: shape, target: loss == .crossEntropy ? .classes(3) : .values([3]),
            loss: loss)
        return model.trainingGraph(count: 4).loweringBatchNorm()
    }

    private func nodes(_ graph: Graph, _ matches: (Operation) -> Bool) -> [Graph.Node] {
        graph.nodes.filter { matches($0.operation) }
    }

    private func elements(_ graph: Graph, _ node: Graph.Node) -> [ElementType] {
        node.operands.map { graph.type(of: $0).element } + node.types.map(\.element)
    }

    @Test func float32IsTheGraphItself() throws {
        let graph = try graph([Linear(8), ReLU(), Linear(3)], [5])
        #expect(graph.stored(in: .float32) == graph)
    }

    /// Operands of products are rounded, a layer between two products is stored so, the last product's sums are not.
    @Test func denseLayers() throws {
        let graph = try graph([Linear(8), ReLU(), Linear(3)], [5]).stored(in: .bfloat16)
        let layers = nodes(graph) { if case .dense(.linear) = $0 { true } else { false } }
        #expect(
            layers.map { elements(graph, $0) } == [
                [.bfloat16, .bfloat16, .float32, .bfloat16], [.bfloat16, .bfloat16, .float32, .float32],
            ])
        let products = nodes(graph) { if case .dense(.matmul) = $0 { true } else { false } }
        #expect(products.count == 3)
        for product in products {
            let isWeightGradient = product.operation == .dense(.matmul(transposeA: true, transposeB: false))
            #expect(
                elements(graph, product) == [.bfloat16, .bfloat16, isWeightGradient ? .float32 : .bfloat16])
        }
        let gradients = nodes(graph) { $0 == .elementwise(.binary(.reluGradient)) }
        #expect(gradients.map { elements(graph, $0) } == [[.bfloat16, .bfloat16, .bfloat16]])
        for result in graph.results { #expect(graph.type(of: result.value).element != .bfloat16) }
    }

    /// A parameter is rounded once, whatever reads it, and by nothing that depends on the shard.
    @Test func parametersAreRoundedOnce() throws {
        let graph = try graph([Linear(8), ReLU(), Linear(8), ReLU(), Linear(3)], [5]).stored(in: .bfloat16)
        let rounded = graph.nodes.indices.filter {
            guard graph.nodes[$0].operation == .elementwise(.convert(.bfloat16)) else { return false }
            return graph.uniformNodes[$0]
        }
        #expect(rounded.count == 3)
        #expect(Set(rounded.map { graph.nodes[$0].operands[0] }).count == 3)
    }

    /// Batch norm, ReLU, pooling and sums of residual blocks follow; moments, their gradients and the loss do not.
    @Test func convolutions() throws {
        let layers: Sequential = [
            Conv2d(4, kernel: 3, padding: 1, bias: false), BatchNormalization(), ReLU(), MaxPool2d(2),
            Residual([Conv2d(4, kernel: 3, padding: 1, bias: false), BatchNormalization()]), ReLU(),
            Flatten(),
            Linear(3),
        ]
        let graph = try graph(layers, [2, 8, 8]).stored(in: .bfloat16)
        for node in graph.nodes {
            let types = elements(graph, node)
            switch node.operation {
            case .convolution(.convolutionWeightGradient):
                #expect(types == [.bfloat16, .bfloat16, .float32])
            case .convolution: #expect(types == [.bfloat16, .bfloat16, .bfloat16])
            case .batchNormalization(.batchNormApply), .batchNormalization(.batchNormInputGradient):
                #expect(types.first == .bfloat16 && types.last == .bfloat16)
            case .batchNormalization(.channelMoments): #expect(types == [.bfloat16, .float64])
            case .pooling: #expect(types.first == .bfloat16)
            case .elementwise(.binary(.add)), .elementwise(.binary(.reluGradient)):
                #expect(Set(types) == [.bfloat16])
            case .rows, .collective: #expect(!types.contains(.bfloat16))
            default: break
            }
        }
    }

    /// What follows the last product is computed of its sums, not of rounded ones.
    @Test func lossesAreFloat32() throws {
        let graph = try graph([Linear(8), Tanh(), Linear(3), Sigmoid()], [5], loss: .meanSquaredError)
            .stored(in: .bfloat16)
        let activations = nodes(graph) {
            $0 == .elementwise(.unary(.sigmoid)) || $0 == .elementwise(.binary(.sigmoidGradient))
        }
        #expect(activations.count == 2)
        for node in activations { #expect(!elements(graph, node).contains(.bfloat16)) }
        let tanh = nodes(graph) { $0 == .elementwise(.unary(.tanh)) }
        #expect(tanh.map { elements(graph, $0) } == [[.bfloat16, .bfloat16]])
    }
}
