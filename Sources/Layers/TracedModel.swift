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
    /// Whether examples have lengths, behind which their positions do not count.
    public let hasLengths: Bool
    /// What each example's target is, or that of each of its positions.
    public let target: TargetKind
    /// The shape of an example's positions, each of which has a target and a loss of its own; [] where an example has one.
    public let positions: [Int]
    /// The axis of an example along which the model reads positions of a sequence; nil where it reads none.
    package let positionAxis: Int?
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
    ///
    /// - Parameters:
    ///   - hasLengths: Whether examples have lengths, behind which their positions do not count.
    ///   - labelShape: The shape of an example's class labels: [] for one, [T] or [H, W] for one of each position.
    public init(
        _ model: any Model, exampleShape: [Int], exampleElement: ElementType = .float32,
        hasLengths: Bool = false, target: TargetKind, labelShape: [Int] = [], loss: Loss
    ) throws(ModelError) {
        self.model = model
        self.exampleShape = exampleShape
        self.exampleElement = exampleElement
        self.hasLengths = hasLengths
        self.target = target
        self.loss = loss
        // With two examples a dimension that counts examples cannot be mistaken for one of extent 1 that is repeated.
        try model.check(input: [2] + exampleShape)
        let named = ModelVariables(of: model)
        counters = named.counters
        let builder = GraphBuilder(mode: .training, variables: named.variables.map(\.variable))
        var features = builder.input(.features, TensorType([2] + exampleShape, exampleElement))
        if hasLengths {
            features = features.with(lengths: builder.input(.lengths, TensorType([2], .int32)))
        }
        let output = model(features)
        outputShape = Array(output.shape.dropFirst())
        positionAxis = builder.positionAxis.map { $0 - 1 }
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
        switch target {
        case .classes(let classes):
            positions = labelShape
            try loss.function.check(
                output: Self.rowShape(of: outputShape, positions: positions, classes: classes),
                target: target)
        case .values(let shape):
            // What compares a row with a distribution over classes has a row for each position; of other losses, only lengths
            // tell that a row of outputs belongs to a position.
            if loss.function.comparesDistributions {
                positions = shape.count == 3 ? Array(shape.dropFirst()) : Array(shape.dropLast())
            } else {
                positions =
                    hasLengths && shape.count == 2 && shape[0] == exampleShape[positionAxis ?? 0]
                    ? [shape[0]] : []
            }
            try loss.function.check(output: outputShape, target: target)
        case .none:
            positions = []
            try loss.function.check(output: outputShape, target: target)
        }
    }

    /// The shape of a position's outputs; throws unless `output` has as many positions.
    private static func rowShape(
        of output: [Int], positions: [Int], classes: Int
    ) throws(ModelError) -> [Int] {
        if positions.isEmpty { return output }
        guard let axis = classAxis(of: output, positions: positions) else {
            func text(_ shape: [Int]) -> String {
                "(" + (["N"] + shape.map(String.init)).joined(separator: ", ") + ")"
            }
            let wanted = positions.count == 1 ? positions + [classes] : [classes] + positions
            throw ModelError(
                "the model ends with shape \(text(output)), the data has a label for each of the positions \(text(positions)): end it with \(text(wanted)); of one-hot rows save numpy.argmax(labels, axis=1)",
                about: .loss)
        }
        return [output[axis]]
    }

    /// The axis of outputs along which the scores of a position's classes lie: the last, or the first in front of (H, W).
    private static func classAxis(of output: [Int], positions: [Int]) -> Int? {
        let isLast = output.dropLast() == positions[...]
        let isFirst = output.dropFirst() == positions[...]
        guard isLast || isFirst else { return nil }
        return isLast && (positions.count == 1 || !isFirst) ? output.count - 1 : 0
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
    ///
    /// - Parameter length: The positions of the mini-batch's sequences, one of `trimmedPositions`; nil for all.
    package func inputTypes(count: Int, length: Int? = nil) -> InputTypes {
        func cut(_ shape: [Int], _ axis: Int?) -> [Int] {
            guard let length, let axis else { return shape }
            return shape.enumerated().map { $0.offset == axis ? length : $0.element }
        }
        let ofLabels = positions.isEmpty ? nil : 0
        var types: [GraphInput: TensorType] = [
            .features: TensorType([count] + cut(exampleShape, positionAxis), exampleElement),
            .exampleIndices: TensorType([count], .int64),
        ]
        switch target {
        case .classes: types[.labels] = TensorType([count] + cut(positions, ofLabels), .int32)
        case .values(let shape): types[.targets] = TensorType([count] + cut(shape, ofLabels))
        case .none: break
        }
        if hasLengths { types[.lengths] = TensorType([count], .int32) }
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
            let labels = rows(input(.labels, in: builder, inputs))
            let scores = loss.function.scores(rows(ofOutputs: prediction), target: target)
            results.append(
                Graph.Result(.output(.correct), scores.applying(.rows(.correctCount), labels).value))
            results.append(Graph.Result(.output(.scores), scores.value))
        } else {
            let estimate = loss.function.estimate(rows(ofOutputs: prediction))
            results.append(Graph.Result(.output(.scores), estimate.value))
        }
        return builder.graph(for: results).fusingActivations()
    }

    /// The same for a shard of `count` examples of the model's input types.
    package func evaluationGraph(count: Int) -> Graph { evaluationGraph(inputTypes(count: count)) }

    /// The graph of predicting a shard; it reads no targets.
    package func predictionGraph(_ inputs: InputTypes) -> Graph {
        let builder = GraphBuilder(mode: .evaluation, variables: variables.map(\.source))
        let prediction = model(examples(in: builder, inputs))
        return builder.graph(for: [Graph.Result(.output(.prediction), prediction.value)]).fusingActivations()
    }

    /// The same for a shard of `count` examples of the model's input types.
    package func predictionGraph(count: Int) -> Graph { predictionGraph(inputTypes(count: count)) }

    /// How many numbers metrics read for one example, or for one of its positions: scores of classes, or estimates to compare
    /// with targets.
    package var scoreCount: Int {
        let row = outputShape.reduce(1, *) / rowCount
        return loss.function.isBinary(output: [row], target: target) ? 2 : row
    }

    /// The rows of scores of one example: 1, or the number of its positions.
    package var rowCount: Int { positions.reduce(1, *) }

    /// The examples of a shard as the model reads them, with their lengths.
    func examples(in builder: GraphBuilder, _ inputs: InputTypes) -> Tensor {
        let features = input(.features, in: builder, inputs)
        return hasLengths ? features.with(lengths: input(.lengths, in: builder, inputs)) : features
    }

    func lossOfExamples(
        in builder: GraphBuilder, _ inputs: InputTypes
    ) -> (prediction: Tensor, losses: Tensor) {
        let prediction = model(examples(in: builder, inputs))
        let name: GraphInput =
            switch target {
            case .classes: .labels
            case .values: .targets
            case .none: preconditionFailure("training and evaluation need targets, the data set has none")
            }
        let target = input(name, in: builder, inputs)
        guard !positions.isEmpty else { return (prediction, loss.function.perExample(prediction, target)) }
        let ofRows = loss.function.perExample(
            rows(ofOutputs: prediction), name == .labels ? rows(target) : rows(ofOutputs: target))
        // An example's loss is the sum over its positions that count.
        let sums = counted(ofRows, target, in: builder, inputs)
            .reshaped(to: [inputs.count, rowCount]).sum([1])
        return (prediction, sums.reshaped(to: [inputs.count]).with(lengths: nil))
    }

    /// The losses [N · positions] of positions that count, 0 for others.
    private func counted(
        _ losses: Tensor, _ target: Tensor, in builder: GraphBuilder, _ inputs: InputTypes
    ) -> Tensor {
        let zeros = builder.constant(0, shape: losses.shape)
        let mask: Tensor
        if case .classes = self.target {
            mask = zeros.isAtMost(rows(target).converted(to: .float32))
        } else if hasLengths, positions.count == 1 {
            mask = input(.lengths, in: builder, inputs).positionMask(steps: positions[0])
                .reshaped(to: losses.shape)
        } else {
            return losses
        }
        return mask.selecting(losses, else: zeros)
    }

    /// Outputs (N, T, K) or (N, K, H, W), or numbers of that shape, as a row for each position; as they are without positions.
    private func rows(ofOutputs x: Tensor) -> Tensor {
        guard !positions.isEmpty else { return x }
        let (count, width) = (x.shape[0], x.type.count / max(1, x.shape[0] * rowCount))
        guard Self.classAxis(of: Array(x.shape.dropFirst()), positions: positions) == 0 else {
            return x.reshaped(to: [count * rowCount, width])
        }
        return x.reshaped(to: [count, width, rowCount]).transposed([0, 2, 1])
            .reshaped(to: [count * rowCount, width])
    }

    /// The outputs of an example that are the same row of scores at each of its positions.
    package func outputs<Value>(repeating row: [Value]) -> [Value] {
        if !positions.isEmpty, Self.classAxis(of: outputShape, positions: positions) == 0 {
            return row.flatMap { Array(repeating: $0, count: rowCount) }
        }
        return (0..<rowCount).flatMap { _ in row }
    }

    /// An example's outputs as a row for each of its positions.
    package static func rows(
        of outputs: ArraySlice<Float>, shape: [Int], positions: [Int]
    ) -> [[Float]] {
        let count = positions.reduce(1, *)
        let width = outputs.count / count
        let isFirst = classAxis(of: shape, positions: positions) == 0
        return (0..<count).map { row in
            (0..<width).map { outputs[outputs.startIndex + (isFirst ? $0 * count + row : row * width + $0)] }
        }
    }

    /// Labels (N, ...) one behind the other.
    private func rows(_ labels: Tensor) -> Tensor {
        positions.isEmpty ? labels : labels.reshaped(to: [labels.type.count])
    }

    /// Whether the mean loss of a mini-batch is the sum of losses divided by the positions that count, or by their classes'
    /// weights, rather than by the number of examples.
    package var dividesByWeight: Bool { !positions.isEmpty || labelWeights != nil }

    /// What the label of each class counts in the mean; nil where all count alike.
    package var labelWeights: [Double]? {
        if case .classes = target { loss.function.classWeights } else { nil }
    }

    /// This shard's part of the mean loss of the mini-batch. The divisor is known before the step, so it needs no sum over
    /// shards.
    func objective(_ losses: Tensor) -> Tensor {
        let builder = losses.builder
        return losses.sum()
            / (dividesByWeight ? builder.labelWeightSum(labelWeights ?? []) : builder.batchCount)
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
