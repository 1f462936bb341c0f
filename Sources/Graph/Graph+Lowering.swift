extension Graph {
    /// The graph with batch norm split where its moments cross shards: moments, collective, normalization.
    package func loweringBatchNorm() -> Graph {
        rewritten { builder, node, operands in
            guard case .batchNorm(let attributes) = node.operation else { return nil }
            let x = operands[0]
            let local = x.applying(.channelMoments)
            let merged = local.applying(.crossShardMoments)
            let used = attributes.synchronized ? merged : local
            let apply = builder.add(
                .batchNormApply(attributes), [x.value, used.value] + operands.dropFirst().map(\.value))
            return [Tensor(apply, in: builder), used, merged]
        }
    }
}
