import Graph

/// A model's outputs as numbers of their own: what makes the loss of them, without the layers that make them.
extension TracedModel {
    /// A function that the model applies last to its outputs, and that bounds them.
    package enum OutputEnd: String, Sendable, Hashable {
        case softmax
        case logSoftmax = "log_softmax"
        case sigmoid
        case tanh

        init?(_ operation: Operation) {
            switch operation {
            case .rows(.softmax): self = .softmax
            case .rows(.logSoftmax): self = .logSoftmax
            case .elementwise(.unary(.sigmoid)): self = .sigmoid
            case .elementwise(.unary(.tanh)): self = .tanh
            default: return nil
            }
        }

        func callAsFunction(_ x: Tensor) -> Tensor {
            switch self {
            case .softmax: x.softmax()
            case .logSoftmax: x.logSoftmax()
            case .sigmoid: x.sigmoid()
            case .tanh: x.tanh()
            }
        }
    }

    /// The function that stands between the outputs of the last layer and the prediction; nil for none.
    package var outputEnd: OutputEnd? {
        trace.value(for: .output(.prediction)).flatMap { OutputEnd(trace.nodes[$0.node].operation) }
    }

    /// The graph of the outputs as in evaluation, before `outputEnd`, as its prediction: [N, ...].
    package func outputsGraph(_ inputs: InputTypes) -> Graph {
        let builder = GraphBuilder(mode: .evaluation, variables: variables.map(\.source))
        var value = model(examples(in: builder, inputs)).value
        let last = builder.nodes[value.node]
        if outputEnd != nil, OutputEnd(last.operation) == outputEnd { value = last.operands[0] }
        return builder.graph(for: [Graph.Result(.output(.prediction), value)]).fusingActivations()
    }

    /// The model of a data set of outputs [N, K], before `outputEnd`, that has the same targets and loss, with two of
    /// the outputs replaced for all examples by its parameters a and b [1, 1].
    ///
    /// - Parameters:
    ///   - first: The output that is a, from 0.
    ///   - second: The output that is b.
    package func replacingOutputs(_ first: Int, _ second: Int) throws(ModelError) -> TracedModel {
        try TracedModel(
            ReplacedOutputs(first: first, second: second, end: outputEnd), exampleShape: outputShape,
            target: target, loss: loss)
    }
}

/// Outputs of which two are parameters.
private struct ReplacedOutputs: Model {
    let a = Parameter(.constant(0))
    let b = Parameter(.constant(0))
    let first: Int
    let second: Int
    let end: TracedModel.OutputEnd?

    func callAsFunction(_ x: Tensor) -> Tensor {
        let (shape, builder) = (x.shape, x.builder)
        func row(_ value: (Int) -> Double) -> Tensor {
            builder.numbers((0..<shape[1]).map(value), shape: [1, shape[1]]).broadcast(to: shape)
        }
        func column(_ parameter: Parameter, at place: Int) -> Tensor {
            builder.variable(parameter, shape: [1, 1]).broadcast(to: shape) * row { $0 == place ? 1 : 0 }
        }
        let kept = x * row { $0 == first || $0 == second ? 0 : 1 }
        // Each sum has one term that is not 0: it is exact.
        let outputs = kept + column(a, at: first) + column(b, at: second)
        return end.map { $0(outputs) } ?? outputs
    }
}
