/// A tensor that comes with a shard, known by its name.
public struct GraphInput: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible {
    /// What data sets and exported models call it.
    public let name: String

    public init(_ name: String) { self.name = name }

    /// [N, ...]: the examples as the model takes them.
    public static let features = GraphInput("features")
    /// int32[N]: class labels.
    public static let labels = GraphInput("labels")
    /// float32[N, ...]: regression targets.
    public static let targets = GraphInput("targets")
    /// int32[N]: how many positions of each example's sequence count.
    public static let lengths = GraphInput("lengths")
    /// int64[N]: positions in the data set, which key every random number.
    public static let exampleIndices = GraphInput("example_indices")

    public var description: String { name }

    /// As the text of graphs has it: checkpoints hold a digest of that text, which must stay as it is for a run to go on.
    public var debugDescription: String {
        let words = name.split(separator: "_")
        return "Graph.GraphInput." + (words.first ?? "")
            + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}
