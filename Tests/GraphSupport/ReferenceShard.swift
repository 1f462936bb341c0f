import Graph

/// The examples of one shard, as they come to a graph's inputs.
package struct ReferenceShard: Sendable {
    /// The number of examples, N; may be zero.
    package let count: Int
    /// (N, ...).
    package var features: ReferenceTensor?
    /// [N].
    package var labels: ReferenceTensor?
    /// (N, ...).
    package var targets: ReferenceTensor?
    /// [N]: positions in the data set.
    package var exampleIndices: ReferenceTensor?
    /// [N]: the lengths of sequences.
    package var lengths: ReferenceTensor?

    /// A shard of `count` examples; what the graph does not read can be left out.
    package init(
        count: Int, features: ReferenceTensor? = nil, labels: ReferenceTensor? = nil,
        targets: ReferenceTensor? = nil, exampleIndices: ReferenceTensor? = nil,
        lengths: ReferenceTensor? = nil
    ) {
        self.count = count
        self.features = features
        self.labels = labels
        self.targets = targets
        self.exampleIndices = exampleIndices
        self.lengths = lengths
    }

    /// The examples of `range` of this shard.
    package func rows(_ range: Range<Int>) -> ReferenceShard {
        ReferenceShard(
            count: range.count, features: features?.rows(range), labels: labels?.rows(range),
            targets: targets?.rows(range), exampleIndices: exampleIndices?.rows(range),
            lengths: lengths?.rows(range))
    }

    /// This shard cut into consecutive shards of `counts` examples.
    package func split(_ counts: [Int]) -> [ReferenceShard] {
        precondition(counts.reduce(0, +) == count, "\(counts) do not make up \(count) examples")
        var start = 0
        return counts.map { size in
            defer { start += size }
            return rows(start..<start + size)
        }
    }

    /// The tensor of one input; the shard must have it.
    func tensor(of input: GraphInput) -> ReferenceTensor {
        let known: [GraphInput: ReferenceTensor?] = [
            .features: features, .labels: labels, .targets: targets, .exampleIndices: exampleIndices,
            .lengths: lengths,
        ]
        let tensor = known[input] ?? nil
        guard let tensor else { preconditionFailure("the graph reads \(input), the shard has none") }
        return tensor
    }
}
