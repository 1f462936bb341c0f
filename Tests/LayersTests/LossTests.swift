import Graph
import GraphSupport
import Layers
import Testing

/// Which predictions a loss takes, and what metrics read of them.
@Suite struct LossTests {
    private static let all: [Loss] = [
        .crossEntropy, .crossEntropy(labelSmoothing: 0.1), .meanSquaredError, .meanAbsoluteError, .huber(),
        .squaredError(reduction: .sumOutputs), .smoothL1(), .binaryCrossEntropy(), .hinge(),
    ]

    private func problem(_ loss: Loss, output: [Int], _ target: TargetKind) -> String? {
        do {
            _ = try TracedModel(Flatten(), exampleShape: output, target: target, loss: loss)
            return nil
        } catch { return error.description }
    }

    @Test(arguments: all)
    func aScorePerClass(_ loss: Loss) {
        #expect(problem(loss, output: [4], .classes(4)) == nil)
        #expect(problem(loss, output: [6], .classes(4)) == nil)
        #expect(
            problem(loss, output: [3], .classes(4))
                == "the model ends with shape (N, 3), the data has 4 classes: end it with linear: 4, unless the label 3 is a mistake"
        )
        #expect(problem(loss, output: [3], .none) == nil)
    }

    @Test(arguments: all)
    func numericTargets(_ loss: Loss) {
        guard loss.name != "cross_entropy" else {
            #expect(
                problem(loss, output: [2], .values([1]))?.hasPrefix("cross_entropy needs class labels")
                    == true)
            #expect(problem(loss, output: [2], .values([2])) == nil)
            #expect(
                problem(loss, output: [2], .values([3]))
                    == "the model ends with shape (N, 2), the targets have (N, 3)")
            return
        }
        #expect(problem(loss, output: [2], .values([2])) == nil)
        #expect(
            problem(loss, output: [2], .values([3]))
                == "the model ends with shape (N, 2), the targets have (N, 3)")
    }

    @Test(arguments: all)
    func oneOutputForTwoClasses(_ loss: Loss) {
        let readsSign = ["binary_cross_entropy", "hinge"].contains(loss.name)
        #expect((problem(loss, output: [1], .classes(2)) == nil) == readsSign)
        #expect(problem(loss, output: [1], .classes(3)) != nil)
    }

    @Test func asManyWeightsAsOutputs() {
        #expect(problem(.crossEntropy(classWeights: [1, 2, 3]), output: [3], .classes(2)) == nil)
        #expect(
            problem(.crossEntropy(classWeights: [1, 2]), output: [3], .classes(2))
                == "loss.class_weights has 2 weights, the model has 3 outputs: give one for each")
        #expect(problem(.binaryCrossEntropy(positiveWeights: [2]), output: [3], .values([3])) == nil)
        #expect(problem(.binaryCrossEntropy(positiveWeights: [1, 2, 3]), output: [3], .values([3])) == nil)
        #expect(
            problem(.binaryCrossEntropy(positiveWeights: [1, 2]), output: [3], .values([3]))
                == "loss.pos_weight has 2 weights, the model has outputs of shape [3]: give one number, or one for each output"
        )
    }

    @Test func lossesAreValues() {
        #expect(Loss.crossEntropy == .crossEntropy(labelSmoothing: 0))
        #expect(Loss.crossEntropy != .crossEntropy(labelSmoothing: 0.1))
        #expect(Loss.huber(delta: 1) != .smoothL1(beta: 1) && Loss.huber() == .huber(delta: 1))
        #expect(Set(Self.all).count == Self.all.count)
    }

    /// The plain loss keeps its fused form, and no loss makes the step wait for other shards.
    @Test(arguments: all + [.crossEntropy(classWeights: [1, 2, 3])])
    func noCollectiveBeforeBackward(_ loss: Loss) throws {
        let model = try TracedModel(Linear(3), exampleShape: [2], target: .classes(3), loss: loss)
        let graph = model.trainingGraph(count: 4)
        #expect(graph.nodes.contains { $0.operation == .rows(.crossEntropy) } == (loss == .crossEntropy))
        for node in graph.nodes {
            for operand in node.operands { #expect(!graph.nodes[operand.node].operation.isCollective) }
        }
    }

    /// What metrics read: −x and x of a sign, a probability of a logit with numeric targets, else the prediction.
    @Test func scores() throws {
        func run(_ loss: Loss, _ target: TargetKind, _ shard: ReferenceShard) throws -> ReferenceResults {
            let width = shard.features?.shape[1] ?? 0
            let model = try TracedModel(Flatten(), exampleShape: [width], target: target, loss: loss)
            return ReferenceInterpreter().run([shard], variables: [], graph: model.evaluationGraph)[0]
        }
        let one = ReferenceTensor([3, 1], [2, 0, -1])
        let labels = ReferenceTensor([3], [1, 0, 1])
        let signs = try run(
            .hinge(), .classes(2), ReferenceShard(count: 3, features: one, labels: labels))
        #expect(signs[.output(.scores)].values == [-2, 2, 0, 0, 1, -1])
        #expect(signs[.output(.correct)].scalar == 2)
        #expect(signs[.output(.lossSum)].scalar == 0 + 1 + 2)
        let logits = try run(
            .binaryCrossEntropy(), .values([1]), ReferenceShard(count: 3, features: one, targets: one))
        #expect(
            logits[.output(.scores)].values[1] == 0.5 && logits[.output(.prediction)].values == one.values)
        let plain = try run(
            .huber(), .values([1]), ReferenceShard(count: 3, features: one, targets: one))
        #expect(plain[.output(.scores)].values == one.values && plain[.output(.lossSum)].scalar == 0)
    }
}
