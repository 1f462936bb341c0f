import CKernels
import Graph

/// Batch norm whose result is only added to another tensor, as at the end of a residual block: one kernel computes both and
/// the ReLU behind them, and one takes the gradient back through that ReLU to the batch norm's gradient sums, so that
/// activations are passed over less often.
struct AddedBatchNorm {
    /// The batch norm's node.
    let apply: Int
    /// The sum.
    let add: Int
    /// What the kernel makes: the ReLU if it alone reads the sum, else the sum.
    let result: Int
    /// What is added to the batch norm.
    let addend: Graph.Value
    /// The gradient behind the ReLU and the gradient sums made of it, if there are such.
    let backward: (gradient: Int, sums: Int)?

    var hasRelu: Bool { result != add }

    /// All such batch norms of a graph.
    static func all(in graph: Graph) -> [AddedBatchNorm] {
        let readers = graph.readers
        let isResult = Set(graph.results.map(\.value.node))
        var taken: Set<Int> = []
        return graph.nodes.indices.compactMap { add in
            let node = graph.nodes[add]
            guard node.operation == .elementwise(.binary(.add)), !node.isFloat64 else { return nil }
            // The later one: what it waits for is there by then.
            let place = [0, 1].filter { place in
                let operand = node.operands[place].node
                return graph.nodes[operand].isPlainBatchNorm && readers[operand] == [add]
                    && !isResult.contains(operand)
            }.max { node.operands[$0].node < node.operands[$1].node }
            guard let place else { return nil }
            let apply = node.operands[place].node
            guard taken.insert(apply).inserted else { return nil }
            let relu = readers[add].count == 1 && !isResult.contains(add) ? readers[add][0] : nil
            let result = relu.flatMap {
                graph.nodes[$0].operation == .elementwise(.unary(.relu)) ? $0 : nil
            }
            return AddedBatchNorm(
                apply: apply, add: add, result: result ?? add, addend: node.operands[1 - place],
                backward: result.flatMap { backward(graph, readers, relu: $0, of: graph.nodes[apply]) })
        }
    }

    /// The gradient that passes the ReLU, and the batch norm's gradient sums of it.
    private static func backward(
        _ graph: Graph, _ readers: [[Int]], relu: Int, of apply: Graph.Node
    ) -> (gradient: Int, sums: Int)? {
        let gradients = readers[relu].filter {
            graph.nodes[$0].operation == .elementwise(.binary(.reluGradient))
                && graph.nodes[$0].operands[0] == Graph.Value(relu)
        }
        guard gradients.count == 1 else { return nil }
        let sums = readers[gradients[0]].filter {
            guard case .batchNormalization(.batchNormGradientSums) = graph.nodes[$0].operation else {
                return false
            }
            return graph.nodes[$0].operands == apply.operands + [Graph.Value(gradients[0])]
        }
        return sums.count == 1 ? (gradients[0], sums[0]) : nil
    }
}

extension Graph.Node {
    /// Whether this is a batch norm, in its last form before kernels, that no ReLU is fused into.
    fileprivate var isPlainBatchNorm: Bool {
        switch operation {
        case .batchNormalization(.batchNormApply(let attributes)),
            .batchNormalization(.batchNormInference(let attributes)):
            !attributes.relu
        default: false
        }
    }

    fileprivate var isFloat64: Bool { types[0].element == .float64 }
}

extension Site {
    /// Binds a node that belongs to a fused batch norm and sum; false if it does not.
    func bindAddedBatchNorm() throws(RuntimeError) -> Bool {
        for fused in context.addedBatchNorms {
            if index == fused.result {
                try bind(fused)
                return true
            }
            if index == fused.backward?.gradient { return try bindGradient(fused) }
            // Left to the result.
            if index == fused.apply || index == fused.add { return true }
            // Made with the gradient.
            if index == fused.backward?.sums, builder.known(Graph.Value(index), .plain) != nil { return true }
        }
        return false
    }

    private func bind(_ fused: AddedBatchNorm) throws(RuntimeError) {
        let kernels = context.kernels
        let apply = context.graph.nodes[fused.apply]
        let layout = builder.imageLayout(apply.operands[0])
        let l = dt_activation(builder.type(apply.operands[0]), layout)
        let x = try builder.buffer(apply.operands[0], layout)
        let addend = try builder.buffer(fused.addend, layout)
        let coefficients = try Coefficients(builder, of: apply, l)
        let y = builder.define(Graph.Value(index), layout)
        builder.emit(
            fused.hasRelu ? "batch norm, add, relu" : "batch norm, add",
            reads: [x, addend] + coefficients.reads, writes: [y], inPlace: addend,
            scratch: coefficients.byteCount
        ) { [hasRelu = fused.hasRelu] frame in
            kernels.pointee.batch_norm_add(
                frame.floats(x), frame.floats(addend), l, coefficients.compute(frame), hasRelu,
                frame.floats(y))
        }
    }

    /// Makes the gradient that passes the ReLU and its sums; false if the gradient runs where the sums do not.
    private func bindGradient(_ fused: AddedBatchNorm) throws(RuntimeError) -> Bool {
        let schedule = context.schedule
        guard let sums = fused.backward?.sums, schedule.stage[sums] == schedule.stage[index] else {
            return false
        }
        let kernels = context.kernels
        let apply = context.graph.nodes[fused.apply]
        let layout = builder.imageLayout(apply.operands[0])
        let l = dt_activation(builder.type(apply.operands[0]), layout)
        let x = try builder.buffer(apply.operands[0], layout)
        let y = try builder.buffer(node.operands[0], layout)
        let dy = try builder.buffer(node.operands[1], layout)
        let coefficients = try Coefficients(builder, of: apply, l)
        let passed = builder.define(Graph.Value(index), layout)
        let total = builder.define(Graph.Value(sums))
        builder.emit(
            "relu gradient, batch norm gradient sums", reads: [x, y, dy] + coefficients.reads,
            writes: [passed, total], inPlace: dy, scratch: coefficients.byteCount
        ) { frame in
            kernels.pointee.batch_norm_add_gradient_sums(
                frame.floats(x), frame.floats(y), frame.floats(dy), l, coefficients.compute(frame),
                frame.floats(passed), frame.doubles(total))
        }
        return true
    }
}
