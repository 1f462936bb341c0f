import Graph

/// A model with the shape of its examples and its loss: what training and evaluation graphs are traced from.
public struct TracedModel: Sendable {
    /// A parameter or a buffer: torch's name, shape, and whether gradients change it.
    public struct Variable: Sendable {
        public let name: String
        public let shape: [Int]
        public let isTrainable: Bool
        let source: any TracedVariable

        /// What a parameter does in its layer; buffers count as weights.
        package var role: Parameter.Role { (source as? Parameter)?.role ?? .weight }
    }

    /// The model.
    public let model: any Model
    /// The shape of one example, such as [1, 28, 28].
    public let exampleShape: [Int]
    /// The type of its elements.
    public let exampleElement: ElementType
    /// What each example's target is.
    public let target: TargetKind
    /// What training minimizes.
    public let loss: Loss
    /// Parameters and buffers in the order of the model's properties; the graph knows them by their place here.
    public let variables: [Variable]
    /// The names of batch counters.
    public let counters: [String]
    /// The shape of the prediction for one example.
    public let outputShape: [Int]
    /// The model's own operations, of two examples in training.
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
        // Two examples, so that a dimension of examples is never mistaken for one to repeat.
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

    /// The types of what comes with a shard of `count` examples.
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

    /// The graph of one training step on a shard: per-shard gradients, next states, the loss.
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

    /// The graph of one training step on a shard of `count` examples.
    package func trainingGraph(count: Int) -> Graph { trainingGraph(inputTypes(count: count)) }

    /// The graph of evaluating a shard: predictions, Σ loss, correct classifications, and what metrics read.
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

    /// The graph of evaluating a shard of `count` examples.
    package func evaluationGraph(count: Int) -> Graph { evaluationGraph(inputTypes(count: count)) }

    /// The graph of predicting a shard; needs no targets.
    package func predictionGraph(_ inputs: InputTypes) -> Graph {
        let builder = GraphBuilder(mode: .evaluation, variables: variables.map(\.source))
        let prediction = model(input(.features, in: builder, inputs))
        return builder.graph(for: [Graph.Result(.output(.prediction), prediction.value)]).fusingActivations()
    }

    /// The graph of predicting a shard of `count` examples.
    package func predictionGraph(count: Int) -> Graph { predictionGraph(inputTypes(count: count)) }

    /// Scores of classes, or numbers to compare with targets, that metrics read of one example.
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

    /// The mean loss of the mini-batch, this shard's part. What labels weigh is known before the step, so it needs no sum
    /// over shards first.
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
