import Graph

/// A model together with the shape of its examples and its loss, from which training and evaluation graphs are traced.
public struct TracedModel: Sendable {
    /// A parameter or a buffer: torch's name, shape, and whether gradients change it.
    public struct Variable: Sendable {
        public let name: String
        public let shape: [Int]
        public let isTrainable: Bool
        let source: any TracedVariable

        /// The number of elements.
        package var count: Int { shape.reduce(1, *) }

        /// The parameter's role in its layer; buffers count as weights.
        package var role: Parameter.Role { (source as? Parameter)?.role ?? .weight }
    }

    /// The model, as given.
    public let model: any Model
    /// The shape of one example, such as [1, 28, 28].
    public let exampleShape: [Int]
    /// The type of an example's elements.
    public let exampleElement: ElementType
    /// What each example's target is.
    public let target: TargetKind
    /// The loss that training minimizes.
    public let loss: Loss
    /// Parameters and buffers in the order of the model's properties; the graph numbers them by their index here.
    public let variables: [Variable]
    /// The names of batch counters, such as `bn1.num_batches_tracked`.
    public let counters: [String]
    /// The shape of the prediction for one example.
    public let outputShape: [Int]
    /// The model's operations alone, traced in training mode with two examples.
    let trace: Graph

    /// Traces `model` once and checks that it fits the examples and the loss.
    public init(
        _ model: any Model, exampleShape: [Int], exampleElement: ElementType = .float32, target: TargetKind,
        loss: Loss
    ) throws(ModelError) {
        self.model = model
        self.exampleShape = exampleShape
        self.exampleElement = exampleElement
        self.target = target
        self.loss = loss
        // With two examples a dimension that counts examples cannot be mistaken for one of extent 1 that is repeated.
        try model.check(input: [2] + exampleShape)
        let named = ModelVariables(of: model)
        counters = named.counters
        let builder = GraphBuilder(mode: .training, variables: named.variables.map(\.variable))
        let output = model(builder.input(.features, TensorType([2] + exampleShape, exampleElement)))
        outputShape = Array(output.shape.dropFirst())
        trace = builder.graph(for: [Graph.Result(.output(.prediction), output.value)])
        var variables: [Variable] = []
        for (item, shape) in zip(named.variables, builder.shapes) {
            guard let shape else {
                throw ModelError("the model never uses it; remove it or use it", path: item.name)
            }
            variables.append(
                Variable(
                    name: item.name, shape: shape, isTrainable: item.variable.isTrainable,
                    source: item.variable))
        }
        self.variables = variables
        try loss.function.check(output: outputShape, target: target)
    }

    /// The rows of the embedding that reads the features, whose tokens are whole numbers below it; nil where none does.
    package var tokenCount: Int? {
        var tokens = Set(trace.nodes.indices.filter { trace.nodes[$0].operation == .leaf(.input(.features)) })
        for (place, node) in trace.nodes.enumerated() {
            switch node.operation {
            case .elementwise(.convert(.int32)) where tokens.contains(node.operands[0].node):
                tokens.insert(place)
            case .lookup(.gatherRows) where tokens.contains(node.operands[1].node):
                return trace.type(of: node.operands[0]).shape[0]
            default: break
            }
        }
        return nil
    }

    /// The number of trainable elements.
    package var parameterCount: Int {
        variables.reduce(0) { $0 + ($1.isTrainable ? $1.count : 0) }
    }

    /// The types of the tensors that come with a shard of `count` examples.
    package func inputTypes(count: Int) -> InputTypes {
        var types: [GraphInput: TensorType] = [
            .features: TensorType([count] + exampleShape, exampleElement),
            .exampleIndices: TensorType([count], .int64),
        ]
        switch target {
        case .classes: types[.labels] = TensorType([count], .int32)
        case .values(let shape): types[.targets] = TensorType([count] + shape)
        case .none: break
        }
        return InputTypes(count: count, types)
    }

    /// The graph of one training step on a shard: the shard's gradients, the next states and the sum of losses.
    package func trainingGraph(_ inputs: InputTypes) -> Graph {
        let builder = GraphBuilder(mode: .training, variables: variables.map(\.source))
        let losses = lossOfExamples(in: builder, inputs).losses
        let objective = objective(losses)
        var results = [
            Graph.Result(.output(.objective), objective.value),
            Graph.Result(.report(.loss), losses.converted(to: .float64).sum().summedAcrossShards().value),
        ]
        results += builder.stateUpdates.map { Graph.Result(.state($0.variable), $0.value) }
        return builder.graph(for: results).fusingActivations().addingGradients(
            parameterShapes: parameterShapes)
    }

    /// The same for a shard of `count` examples of the model's input types.
    package func trainingGraph(count: Int) -> Graph { trainingGraph(inputTypes(count: count)) }

    /// The graph of evaluating a shard: predictions, Σ loss, and what metrics read; with class labels also correct
    /// classifications.
    package func evaluationGraph(_ inputs: InputTypes) -> Graph {
        let builder = GraphBuilder(mode: .evaluation, variables: variables.map(\.source))
        let (prediction, losses) = lossOfExamples(in: builder, inputs)
        var results = [
            Graph.Result(.output(.prediction), prediction.value),
            Graph.Result(.output(.lossSum), losses.converted(to: .float64).sum().value),
        ]
        if case .classes = target {
            let labels = input(.labels, in: builder, inputs)
            let scores = loss.function.scores(prediction, target: target)
            results.append(
                Graph.Result(.output(.correct), scores.applying(.rows(.correctCount), labels).value))
            results.append(Graph.Result(.output(.scores), scores.value))
        } else {
            results.append(Graph.Result(.output(.scores), loss.function.estimate(prediction).value))
        }
        return builder.graph(for: results).fusingActivations()
    }

    /// The same for a shard of `count` examples of the model's input types.
    package func evaluationGraph(count: Int) -> Graph { evaluationGraph(inputTypes(count: count)) }

    /// The graph of predicting a shard; it reads no targets.
    package func predictionGraph(_ inputs: InputTypes) -> Graph {
        let builder = GraphBuilder(mode: .evaluation, variables: variables.map(\.source))
        let prediction = model(input(.features, in: builder, inputs))
        return builder.graph(for: [Graph.Result(.output(.prediction), prediction.value)]).fusingActivations()
    }

    /// The same for a shard of `count` examples of the model's input types.
    package func predictionGraph(count: Int) -> Graph { predictionGraph(inputTypes(count: count)) }

    /// How many numbers metrics read for one example: scores of classes, or estimates to compare with targets.
    package var scoreCount: Int {
        loss.function.isBinary(output: outputShape, target: target) ? 2 : outputShape.reduce(1, *)
    }

    func lossOfExamples(
        in builder: GraphBuilder, _ inputs: InputTypes
    ) -> (prediction: Tensor, losses: Tensor) {
        let prediction = model(input(.features, in: builder, inputs))
        let name: GraphInput =
            switch target {
            case .classes: .labels
            case .values: .targets
            case .none: preconditionFailure("training and evaluation need targets, the data set has none")
            }
        return (prediction, loss.function.perExample(prediction, input(name, in: builder, inputs)))
    }

    /// This shard's part of the mean loss of the mini-batch. The sum of label weights is known before the step, so the
    /// divisor needs no sum over shards.
    func objective(_ losses: Tensor) -> Tensor {
        let builder = losses.builder
        let divisor = loss.function.classWeights.map(builder.labelWeightSum) ?? builder.batchCount
        return losses.sum() / divisor
    }

    private func input(_ input: GraphInput, in builder: GraphBuilder, _ inputs: InputTypes) -> Tensor {
        guard let type = inputs[input] else {
            preconditionFailure("the model needs \(input), which is not given")
        }
        return builder.input(input, type)
    }

    var parameterShapes: [(parameter: Int, shape: [Int])] {
        variables.indices.filter { variables[$0].isTrainable }.map { ($0, variables[$0].shape) }
    }
}
