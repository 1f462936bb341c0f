/// Records operations on symbolic tensors as a graph; a model is traced by calling it once with a builder's tensors.
///
/// Not thread-safe: one trace runs on one thread.
public final class GraphBuilder {
    /// Whether the model is traced for training or for evaluation.
    public enum Mode: Sendable {
        case training
        case evaluation
    }

    /// What the trace is for: batch norm and dropout differ.
    public let mode: Mode
    /// Whether dropout leaves elements out: in training, unless told otherwise.
    public let dropsOut: Bool
    /// What is kept from position to position, where the model is traced for one position at a time; nil else.
    public let carried: CarriedStates?
    /// The nodes so far.
    package private(set) var nodes: [Graph.Node] = []
    /// The next values of states.
    package private(set) var stateUpdates: [(variable: Int, value: Graph.Value)] = []
    /// The axis of the features along which a layer reads positions of a sequence; nil where none does.
    package private(set) var positionAxis: Int?
    /// The shape each variable was used with, by its place in the list the builder was made with.
    package private(set) var shapes: [[Int]?]
    private let places: [ObjectIdentifier: Int]
    private let trainable: [Bool]
    private var seen: [NodeKey: Int] = [:]
    private var dropoutTags = 0

    private struct NodeKey: Hashable {
        let operation: Operation
        let operands: [Graph.Value]
        let type: TensorType?
    }

    /// A builder for a trace that may use `variables`, whose order numbers parameters and states.
    ///
    /// - Parameter longest: The most positions of a model that is traced for one at a time; nil for whole sequences.
    package init(
        mode: Mode, dropsOut: Bool? = nil, variables: [any TracedVariable] = [], carrying longest: Int? = nil
    ) {
        self.mode = mode
        carried = longest.map { CarriedStates(longest: $0) }
        self.dropsOut = dropsOut ?? (mode == .training)
        shapes = Array(repeating: nil, count: variables.count)
        trainable = variables.map(\.isTrainable)
        places = Dictionary(
            variables.enumerated().map { (ObjectIdentifier($1), $0) }, uniquingKeysWith: { first, _ in first }
        )
    }

    /// A builder that starts with the nodes of `graph`.
    package init(continuing graph: Graph) {
        mode = .training
        dropsOut = true
        carried = nil
        shapes = []
        trainable = []
        places = [:]
        for node in graph.nodes { _ = append(node) }
    }

    /// The tensor supplied with every shard.
    package func input(_ input: GraphInput, _ type: TensorType) -> Tensor {
        Tensor(add(.leaf(.input(input)), [], type: type), in: self)
    }

    /// The tensor of a variable, used with `shape`; every use of one variable must agree.
    public func variable(_ variable: any TracedVariable, shape: [Int]) -> Tensor {
        guard let place = places[ObjectIdentifier(variable)] else {
            preconditionFailure(
                "a variable of shape \(shape) is used by the model but is no property of it; keep layers in stored properties"
            )
        }
        if let known = shapes[place], known != shape {
            preconditionFailure("one variable is used with shapes \(known) and \(shape)")
        }
        shapes[place] = shape
        let operation: Operation = trainable[place] ? .leaf(.parameter(place)) : .leaf(.state(place))
        return Tensor(add(operation, [], type: TensorType(shape)), in: self)
    }

    /// Gives a non-trainable variable its next value, which must not depend on one shard alone.
    public func update(_ variable: any TracedVariable, to tensor: Tensor) {
        guard let place = places[ObjectIdentifier(variable)], !trainable[place] else {
            preconditionFailure("only a non-trainable variable of the model can be updated")
        }
        stateUpdates.append((place, tensor.value))
    }

    /// A tensor filled with `value`.
    public func constant(_ value: Double, shape: [Int], element: ElementType = .float32) -> Tensor {
        Tensor(add(.leaf(.constant(value)), [], type: TensorType(shape, element)), in: self)
    }

    /// The number of examples in the whole mini-batch: float32[].
    public var batchCount: Tensor { Tensor(add(.leaf(.batchCount), [], type: TensorType([])), in: self) }

    /// A tensor of these numbers in row-major order.
    public func numbers(_ values: [Double], shape: [Int]) -> Tensor {
        precondition(
            values.count == shape.reduce(1, *), "\(values.count) numbers do not fill shape \(shape)")
        return Tensor(add(.leaf(.numbers(values)), [], type: TensorType(shape)), in: self)
    }

    /// Σ weights[label] over the whole mini-batch, or the number of labels that count if `weights` are none; infinity where
    /// that is 0: float32[].
    package func labelWeightSum(_ weights: [Double]) -> Tensor {
        Tensor(add(.leaf(.labelWeightSum(weights)), [], type: TensorType([])), in: self)
    }

    /// Notes that `value` is read as sequences whose positions lie along `axis`: if it is the features, moved or changed one
    /// by one, this is how the model reads them. The first layer decides.
    func noteSequences(_ value: Graph.Value, along axis: Int) {
        var (value, axis) = (value, axis)
        while positionAxis == nil {
            let node = nodes[value.node]
            switch node.operation {
            case .leaf(.input(.features)): positionAxis = axis
            case .shape(.transpose(let order)): axis = order[axis]
            case .elementwise(.unary), .elementwise(.convert): break
            default: return
            }
            guard let operand = node.operands.first else { return }
            value = operand
        }
    }

    /// A number no other dropout of this trace has; equal at equal places of equal models.
    package func nextDropoutTag() -> Int {
        dropoutTags += 1
        return dropoutTags - 1
    }

    /// Adds a node whose first output is wanted; equal nodes are made once.
    package func add(_ operation: Operation, _ operands: [Graph.Value], type: TensorType? = nil)
        -> Graph.Value
    {
        Graph.Value(addNode(operation, operands, type: type))
    }

    /// Adds a node and returns its index; a node that is there already is not made again.
    package func addNode(_ operation: Operation, _ operands: [Graph.Value], type: TensorType? = nil) -> Int {
        let key = NodeKey(operation: operation, operands: operands, type: type)
        if let known = seen[key] { return known }
        let types =
            type.map { [$0] }
            ?? operation.family.types(
                of: OperandTypes(
                    operation: operation, types: operands.map { nodes[$0.node].types[$0.output] }))
        return append(Graph.Node(operation: operation, operands: operands, types: types))
    }

    private func append(_ node: Graph.Node) -> Int {
        let isLeaf = node.operands.isEmpty
        seen[
            NodeKey(operation: node.operation, operands: node.operands, type: isLeaf ? node.types[0] : nil)] =
            nodes.count
        nodes.append(node)
        return nodes.count - 1
    }

    /// The graph recorded so far, for `results`, without what they do not need.
    package func graph(for results: [Graph.Result]) -> Graph {
        Graph(nodes: nodes, results: results).withoutDeadNodes()
    }

    /// The type of a value recorded here.
    package func type(of value: Graph.Value) -> TensorType { nodes[value.node].types[value.output] }
}

/// Something with an identity that a trace turns into a parameter or a state of the graph.
public protocol TracedVariable: AnyObject, Sendable {
    /// Whether training changes it by gradients.
    var isTrainable: Bool { get }
}
