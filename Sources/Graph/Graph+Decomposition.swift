extension Graph {
    /// The graph written in primitives alone, each of which can be differentiated again and again.
    ///
    /// Fast composite forms compute the same values; tests hold the two equal.
    public func decomposed() -> Graph { decomposed { _ in true } }

    /// The graph with batch norm by given statistics, which evaluation alone computes, written in primitives, so that it has
    /// a derivative.
    package func decomposingInference() -> Graph {
        decomposed { operation in
            if case .batchNormalization(.batchNormInference) = operation { true } else { false }
        }
    }

    /// The graph with those composites alone written in primitives that `isTakenApart` names.
    private func decomposed(_ isTakenApart: (Operation) -> Bool) -> Graph {
        rewritten { _, node, operands in
            isTakenApart(node.operation) ? node.operation.family.definition?(operands) : nil
        }
    }
}
