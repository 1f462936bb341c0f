extension Graph {
    /// The graph with batch norm split where its moments cross shards: moments, collective, normalization.
    package func loweringBatchNorm() -> Graph {
        rewritten { builder, node, operands in
            guard case .batchNormalization(.batchNorm(let attributes)) = node.operation else { return nil }
            let x = operands[0]
            let local = x.channelMoments()
            let merged = local.mergedAcrossShards()
            let used = attributes.synchronized ? merged : local
            let apply = builder.add(
                .batchNormalization(.batchNormApply(attributes)),
                [x.value, used.value] + operands.dropFirst().map(\.value))
            return [Tensor(apply, in: builder), used, merged]
        }
    }
}
