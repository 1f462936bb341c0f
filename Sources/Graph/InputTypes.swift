/// The types of the tensors that come with a shard: what its graph is made and its program planned for.
public struct InputTypes: Sendable, Hashable {
    /// The examples of the shard, N.
    public let count: Int
    /// In the order of their names.
    private let inputs: [Input]

    private struct Input: Sendable, Hashable {
        let input: GraphInput
        let type: TensorType
    }

    /// The types of a shard of `count` examples.
    public init(count: Int, _ types: [GraphInput: TensorType]) {
        self.count = count
        inputs = types.map { Input(input: $0.key, type: $0.value) }.sorted { $0.input.name < $1.input.name }
    }

    /// The type of an input; nil for one that does not come with the shard.
    public subscript(input: GraphInput) -> TensorType? { inputs.first { $0.input == input }?.type }
}
