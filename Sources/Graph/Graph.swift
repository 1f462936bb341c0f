/// A program as data: nodes in an order in which every operand stands before its use.
public struct Graph: Sendable, Equatable {
    /// The nodes; a node's operands have smaller indices.
    public internal(set) var nodes: [Node]
    /// What the graph is for, in the order the roles were given.
    public internal(set) var results: [Result]

    /// A graph of `nodes` that computes `results`.
    package init(nodes: [Node], results: [Result]) {
        self.nodes = nodes
        self.results = results
    }

    /// One operation with its operands and the types of what it makes.
    public struct Node: Sendable, Hashable {
        /// What it computes.
        public let operation: Operation
        /// What it computes it from, in the order that the operation's documentation gives.
        public let operands: [Value]
        /// The types of its results.
        public let types: [TensorType]
    }

    /// One output of one node.
    public struct Value: Sendable, Hashable {
        /// The node's place in the graph.
        public let node: Int
        /// Which of the node's results.
        public let output: Int

        package init(_ node: Int, _ output: Int = 0) {
            self.node = node
            self.output = output
        }
    }

    /// A value that the graph is evaluated for.
    public struct Result: Sendable, Hashable {
        /// What becomes of it.
        public let role: Role
        /// Where the graph makes it.
        public let value: Value

        package init(_ role: Role, _ value: Value) {
            self.role = role
            self.value = value
        }
    }

    /// What becomes of a result.
    public enum Role: Sendable, Hashable {
        /// The gradient of the objective in this parameter, summed over shards.
        case gradient(parameter: Int)
        /// The next value of this state variable.
        case state(Int)
        /// A sum over all shards, reported for the step: float64[].
        case report(Report)
        /// A value of each shard, read after the shard has run.
        case output(Output)
    }

    /// Sums that a training step reports.
    public enum Report: String, Sendable, Hashable {
        /// Σ of the examples' losses.
        case loss
    }

    /// Values of one shard that are read after it has run.
    public enum Output: Sendable, Hashable {
        /// float32[]: the shard's part of the objective, Σ loss ÷ the mini-batch's examples.
        case objective
        /// float32[]: the shard's part of ⟨∇ objective, v⟩, v the direction given with the run.
        case slope
        /// float64[]: the sum of the examples' losses.
        case lossSum
        /// float64[]: correctly classified examples.
        case correct
        /// float32[N, ...]: the model's output.
        case prediction
        /// float32[N, ...]: what metrics read, a score per class or an estimate of each target.
        case scores
        /// float32[N, C, ...]: what a layer with a weight reads, by its number.
        case layerInput(Int)
        /// float32: what a model keeps from one position to the next, by its place.
        case carried(Int)
    }

    /// The type of a value.
    public func type(of value: Value) -> TensorType { nodes[value.node].types[value.output] }

    /// The value that plays `role`, if any.
    public func value(for role: Role) -> Value? { results.first { $0.role == role }?.value }
}
