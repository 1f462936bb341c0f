import Graph

/// Graphs of the loss as a function of the parameters alone, for looking at a point rather than for training steps.
extension TracedModel {
    /// How layers that behave differently in training and evaluation take part in the mean loss.
    package struct ObjectiveMode: Sendable, Hashable {
        /// Whether batch norm uses the moments of mini-batches, as in training, or its running statistics. As in
        /// training, no derivative flows through what a layer holds constant: batch renormalization's r and d, and the
        /// singular vectors that spectral norm has after one more step of the power method.
        package var usesBatchStatistics: Bool
        /// Whether dropout leaves elements out; the same ones every time.
        package var dropsOut: Bool

        /// By default the loss as it is in training.
        package init(usesBatchStatistics: Bool = true, dropsOut: Bool = true) {
            self.usesBatchStatistics = usesBatchStatistics
            self.dropsOut = dropsOut
        }
    }

    /// The graph of a shard's part of H · v, with H the Hessian of the mini-batch's mean loss and v the direction that
    /// is given when the program runs. H · v takes the place of the gradients among the results.
    ///
    /// - Parameter givesSlope: Whether the shard's part of ⟨∇L, v⟩ is an output.
    package func hessianProductGraph(
        _ inputs: InputTypes, _ mode: ObjectiveMode = ObjectiveMode(), givesSlope: Bool = false
    ) -> Graph {
        let losses = losses(inputs, mode)
        return losses.builder.graph(for: [Graph.Result(.output(.objective), objective(losses).value)])
            .hessianProduct(parameterShapes: parameterShapes, givesSlope: givesSlope)
    }

    /// The graph of a shard's part of the gradient of the mini-batch's mean loss, and of the sum of the shard's losses.
    package func gradientGraph(_ inputs: InputTypes, _ mode: ObjectiveMode) -> Graph {
        let losses = losses(inputs, mode)
        let results = [
            Graph.Result(.output(.objective), objective(losses).value), Self.total(losses),
        ]
        return losses.builder.graph(for: results).decomposingInference().fusingActivations()
            .addingGradients(parameterShapes: parameterShapes)
    }

    /// The graph of the sum of a shard's losses.
    ///
    /// - Parameter updatesStates: Whether states, such as running statistics, have their next values in it, too.
    package func lossGraph(_ inputs: InputTypes, _ mode: ObjectiveMode, updatesStates: Bool = false) -> Graph
    {
        let losses = losses(inputs, mode)
        var results = [Self.total(losses)]
        if updatesStates {
            results += losses.builder.stateUpdates.map { Graph.Result(.state($0.variable), $0.value) }
        }
        return losses.builder.graph(for: results).fusingActivations()
    }

    /// Whether a layer's output for one example depends on the others of its mini-batch, as batch norm's does in
    /// training.
    package var usesBatchStatistics: Bool {
        trace.nodes.contains { node in
            guard case .batchNormalization(.batchNorm) = node.operation else { return false }
            return true
        }
    }

    private func losses(_ inputs: InputTypes, _ mode: ObjectiveMode) -> Tensor {
        let builder = GraphBuilder(
            mode: mode.usesBatchStatistics ? .training : .evaluation, dropsOut: mode.dropsOut,
            variables: variables.map(\.source))
        return lossOfExamples(in: builder, inputs).losses
    }

    private static func total(_ losses: Tensor) -> Graph.Result {
        Graph.Result(.report(.loss), losses.converted(to: .float64).sum().summedAcrossShards().value)
    }
}
