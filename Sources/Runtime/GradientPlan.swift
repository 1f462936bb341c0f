import Graph

/// Where the gradients of parameters go, settled before any step is made: producers write them in place.
///
/// A *bucket* is the stretch of gradients that one collective sums over shards. Its *groups* are what becomes ready together,
/// each one stretch of the bucket, of which every shard has a copy of its own. A *joint gradient* belongs to no group: it is
/// computed for all local shards at once, from operands that every shard keeps until then.
struct GradientPlan {
    /// Gradients of one bucket that become ready together.
    struct Group {
        /// The bucket's number among the graph's collectives.
        let collective: Int
        /// When it is complete.
        let stage: Int
        let part: Schedule.Part
        /// Its gradients in order.
        var members: [Member]
    }

    /// One gradient of a group.
    struct Member {
        let parameter: Int
        let value: Graph.Value
        /// Bytes from the start of the group.
        let offset: Int
    }

    /// All groups, bucket by bucket.
    let groups: [Group]
    /// Gradients that their producers write straight into the group.
    private let places: [Graph.Value: (group: Int, offset: Int)]
    /// The nodes that are joint gradients.
    private let joints: [Int: (parameter: Int, collective: Int)]
    /// The output gradients, and inputs, that joint gradients read.
    private let keptGradients: Set<Graph.Value>
    private let keptInputs: Set<Graph.Value>

    /// Plans the gradients of `graph`, whose variable i lies at byte `variableOffsets[i]`.
    init(_ graph: Graph, _ schedule: Schedule, variableOffsets: [Int]) {
        let producers = Producers(graph, schedule)
        var groups: [Group] = []
        var places: [Graph.Value: (group: Int, offset: Int)] = [:]
        var joints: [Int: (parameter: Int, collective: Int)] = [:]
        var keptGradients: Set<Graph.Value> = []
        var keptInputs: Set<Graph.Value> = []
        let collectives = graph.nodes.indices.filter { graph.nodes[$0].operation.isCollective }
        for (collective, node) in collectives.enumerated() {
            // A group is one stretch of its bucket, which a joint gradient interrupts.
            var isInterrupted = true
            var start = 0
            let gradients = graph.gradients(ofCollective: node).sorted { $0.output < $1.output }
            for (output, parameter) in gradients {
                let value = graph.nodes[node].operands[output]
                let root = producers.soleProducer(of: value)
                if let root, graph.isDenseWeightGradient(root, schedule) {
                    joints[root.node] = (parameter, collective)
                    keptGradients.insert(graph.nodes[root.node].operands[0])
                    keptInputs.insert(graph.nodes[root.node].operands[1])
                    isInterrupted = true
                    continue
                }
                let (stage, part) = (schedule.stage[value.node], schedule.part[value.node])
                if isInterrupted || groups[groups.count - 1].stage != stage
                    || groups[groups.count - 1].part != part
                {
                    groups.append(Group(collective: collective, stage: stage, part: part, members: []))
                    start = variableOffsets[parameter]
                    isInterrupted = false
                }
                let member = Member(
                    parameter: parameter, value: value, offset: variableOffsets[parameter] - start)
                groups[groups.count - 1].members.append(member)
                if let root { places[root] = (groups.count - 1, member.offset) }
            }
        }
        self.groups = groups
        self.places = places
        self.joints = joints
        self.keptGradients = keptGradients
        self.keptInputs = keptInputs
    }

    /// The group that the producer of `value` writes it into, and the bytes from the group's start; nil for other values.
    func place(of value: Graph.Value) -> (group: Int, offset: Int)? { places[value] }

    /// The parameter and the bucket of a node that is a joint gradient; nil for other nodes.
    func joint(_ node: Int) -> (parameter: Int, collective: Int)? { joints[node] }

    /// Whether `value` in `layout` is what a joint gradient reads, so that it lasts until all local shards have run the part.
    func isKept(_ value: Graph.Value, _ layout: Layout, _ element: ElementType) -> Bool {
        layout == JointGradient.gradientLayout(element) && keptGradients.contains(value)
            || layout == .strips && keptInputs.contains(value)
    }
}

/// Who makes the elements of a value.
private struct Producers {
    let graph: Graph
    let schedule: Schedule
    /// How often nodes read each value.
    let uses: [[Int]]

    init(_ graph: Graph, _ schedule: Schedule) {
        self.graph = graph
        self.schedule = schedule
        uses = graph.readCounts()
    }

    /// The value whose elements `value` is, behind reshapes, if nothing else reads them and a kernel of the shard
    /// makes it in the same part of the program.
    func soleProducer(of value: Graph.Value) -> Graph.Value? {
        var root = value
        while uses[root.node][root.output] == 1, case .shape(.reshape) = graph.nodes[root.node].operation {
            root = graph.nodes[root.node].operands[0]
        }
        let node = graph.nodes[root.node]
        guard uses[root.node][root.output] == 1, !schedule.isUniform[root.node], !node.operands.isEmpty,
            !node.operation.isCollective, schedule.stage[root.node] == schedule.stage[value.node],
            schedule.part[root.node] == schedule.part[value.node]
        else { return nil }
        if case .shape(.reshape) = node.operation { return nil }
        return root
    }
}

extension Graph {
    /// The parameters whose gradients a collective sums, in the order of results, and their places among its operands.
    func gradients(ofCollective node: Int) -> [(output: Int, parameter: Int)] {
        results.compactMap { result -> (output: Int, parameter: Int)? in
            guard case .gradient(let parameter) = result.role, result.value.node == node else { return nil }
            return (result.value.output, parameter)
        }
    }

    /// Whether a value is the product dyᵀ · x of matrices that every shard has of its own.
    func isDenseWeightGradient(_ value: Value, _ schedule: Schedule) -> Bool {
        let node = nodes[value.node]
        guard case .dense(.matmul(transposeA: true, transposeB: false)) = node.operation else { return false }
        return node.operands.allSatisfy { !schedule.isUniform[$0.node] }
    }

    /// How often nodes read each output of each node.
    func readCounts() -> [[Int]] {
        var counts = nodes.map { Array(repeating: 0, count: $0.types.count) }
        for node in nodes { for operand in node.operands { counts[operand.node][operand.output] += 1 } }
        return counts
    }
}
