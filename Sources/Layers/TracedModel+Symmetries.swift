import Graph

/// Directions in which a model's parameters can move while its loss stays the same to second order.
extension TracedModel {
    /// A direction that a known symmetry gives.
    package struct Symmetry: Sendable {
        /// Why the loss does not change.
        package enum Kind: String, Sendable, CaseIterable {
            /// A unit's incoming weights grow and its outgoing ones shrink, with a positively homogeneous function such as
            /// ReLU between them. The loss is constant along a curve, so that H · v is the gradient's part with its sign:
            /// 0 at critical points alone.
            case scaling
            /// The length of a channel's weights in front of batch norm by mini-batches. As above, up to its epsilon.
            case batchNormScale = "batch_norm_scale"
            /// A bias in front of batch norm by mini-batches, whose mean takes it away: a straight line of equal loss.
            case batchNormBias = "batch_norm_bias"
            /// The same number added to all scores of softmax with cross-entropy: a straight line of equal loss.
            case softmaxShift = "softmax_shift"

            /// Whether H · v = 0 wherever the parameters are.
            package var holdsEverywhere: Bool { self == .batchNormBias || self == .softmaxShift }
        }

        /// Elements of a variable: `repeats` times `count` in a row, `stride` apart.
        package struct Part: Sendable {
            package let variable: Int
            let start: Int
            var count = 1
            var stride = 0
            var repeats = 1
            /// 1 where elements grow, −1 where they shrink.
            var sign: Float = 1
        }

        package let kind: Kind
        package let parts: [Part]

        /// The direction's elements of `variable`, whose values are `values`; not of unit length.
        package func elements(of variable: Int, values: [Float]) -> [Float] {
            var result = Array(repeating: Float(0), count: values.count)
            for part in parts where part.variable == variable {
                for place in part.places {
                    result[place] = kind.holdsEverywhere ? 1 : part.sign * values[place]
                }
            }
            return result
        }

        /// Whether the direction is one: neither what grows nor what shrinks is 0, as it is of dead units.
        package func isKnown(at values: [[Float]]) -> Bool {
            guard !kind.holdsEverywhere else { return true }
            return [Float(1), -1].allSatisfy { sign in
                let own = parts.filter { $0.sign == sign }
                return own.isEmpty
                    || own.contains { part in part.places.contains { values[part.variable][$0] != 0 } }
            }
        }
    }

    /// The directions of all known symmetries, by layer. They are linearly independent wherever `isKnown`: what grows
    /// belongs to no other direction but those of the layer before, so that from the input on no combination cancels.
    ///
    /// - Parameter usesBatchStatistics: Whether batch norm uses the moments of mini-batches.
    package func symmetries(usesBatchStatistics: Bool) -> [Symmetry] {
        SymmetrySearch(model: self, usesBatchStatistics: usesBatchStatistics).find()
    }
}

extension TracedModel.Symmetry.Part {
    var places: [Int] {
        (0..<repeats).flatMap { row in start + row * stride..<start + row * stride + count }
    }
}

/// Finds symmetries in the graph of a model.
private struct SymmetrySearch {
    let model: TracedModel
    let usesBatchStatistics: Bool
    /// The nodes that read a node's first result.
    private let readers: [[Int]]
    /// How often each variable is read.
    private let uses: [Int: Int]

    private typealias Part = TracedModel.Symmetry.Part

    /// Variables that a unit's output is homogeneous in, and the node that makes it.
    private struct Source {
        var weight: Int
        var bias: Int?
        var end: Int
    }

    init(model: TracedModel, usesBatchStatistics: Bool) {
        self.model = model
        self.usesBatchStatistics = usesBatchStatistics
        var readers = Array(repeating: [Int](), count: model.trace.nodes.count)
        var uses: [Int: Int] = [:]
        for (place, node) in model.trace.nodes.enumerated() {
            for operand in node.operands {
                if operand.output == 0 { readers[operand.node].append(place) }
                if case .leaf(.parameter(let number)) = model.trace.nodes[operand.node].operation {
                    uses[number, default: 0] += 1
                }
            }
        }
        (self.readers, self.uses) = (readers, uses)
    }

    private var nodes: [Graph.Node] { model.trace.nodes }
    private func shape(_ variable: Int) -> [Int] { model.variables[variable].shape }
    private var result: Int? { model.trace.value(for: .output(.prediction))?.node }

    func find() -> [TracedModel.Symmetry] {
        var found: [TracedModel.Symmetry] = []
        for place in nodes.indices {
            if let source = weighted(place) {
                found += scalings(of: source)
                found += shifts(of: source, at: place)
            }
            if case .batchNormalization(.batchNorm) = nodes[place].operation { found += normalized(place) }
        }
        return found
    }

    /// The variable that a value is, if it is trained and read nowhere else.
    private func parameter(_ value: Graph.Value) -> Int? {
        guard case .leaf(.parameter(let number)) = nodes[value.node].operation, uses[number] == 1,
            model.variables[number].isTrainable
        else { return nil }
        return number
    }

    /// The node that alone reads a node's result.
    private func reader(of place: Int) -> Int? {
        guard place != result, readers[place].count == 1, let next = readers[place].first,
            nodes[next].operands.first == Graph.Value(place)
        else { return nil }
        return next
    }

    private func weighted(_ place: Int) -> Source? {
        let operands = nodes[place].operands
        switch nodes[place].operation {
        case .dense(.linear(relu: false)):
            guard let weight = parameter(operands[1]) else { return nil }
            guard operands.count == 3 else { return Source(weight: weight, bias: nil, end: place) }
            return parameter(operands[2]).map { Source(weight: weight, bias: $0, end: place) }
        case .convolution(.convolution):
            guard let weight = parameter(operands[1]) else { return nil }
            guard let next = reader(of: place), case .dense(.biasAdd(relu: false)) = nodes[next].operation
            else { return Source(weight: weight, bias: nil, end: place) }
            return parameter(nodes[next].operands[1]).map { Source(weight: weight, bias: $0, end: next) }
        default: return nil
        }
    }

    /// One direction for each unit or channel that the next layer alone reads.
    private func scalings(of source: Source) -> [TracedModel.Symmetry] {
        guard let (next, block) = layer(after: source.end), let other = weighted(next)?.weight else {
            return []
        }
        let (units, target) = (shape(source.weight)[0], shape(other))
        let kernel = target.dropFirst(2).reduce(1, *)
        guard target[1] == units * block, block == 1 || kernel == 1 else { return [] }
        return (0..<units).map { unit in
            var parts = grown(source, unit)
            parts.append(
                Part(
                    variable: other, start: unit * block * kernel, count: block * kernel,
                    stride: target[1] * kernel, repeats: target[0], sign: -1))
            return TracedModel.Symmetry(kind: .scaling, parts: parts)
        }
    }

    private func grown(_ source: Source, _ unit: Int) -> [Part] {
        let inner = shape(source.weight).dropFirst().reduce(1, *)
        let parts = [Part(variable: source.weight, start: unit * inner, count: inner)]
        return parts + (source.bias.map { [Part(variable: $0, start: unit)] } ?? [])
    }

    /// The next layer with weights, if only positively homogeneous functions of single channels stand before it, and
    /// how many of its inputs come from each channel.
    private func layer(after end: Int) -> (next: Int, block: Int)? {
        var (place, block) = (end, 1)
        while let next = reader(of: place) {
            switch nodes[next].operation {
            case .elementwise(.unary(.relu)), .elementwise(.unary(.leakyRelu)), .random(.dropout),
                .pooling(.maxPool), .pooling(.averagePool):
                break
            case .shape(.reshape(let shape)):
                let from = nodes[place].types[0].shape
                guard from.count >= 2, shape.count == 2, shape[0] == from[0] else { return nil }
                block *= from.dropFirst(2).reduce(1, *)
            case .dense(.linear): return (next, block)
            case .convolution(.convolution(let geometry)): return geometry.groups == 1 ? (next, block) : nil
            default: return nil
            }
            place = next
        }
        return nil
    }

    /// What batch norm takes away of the weights and biases before it, and the scaling of its own.
    private func normalized(_ place: Int) -> [TracedModel.Symmetry] {
        let operands = nodes[place].operands
        var found: [TracedModel.Symmetry] = []
        let before = nodes.indices.lazy.compactMap { weighted($0) }.first { $0.end == operands[0].node }
        if usesBatchStatistics, let before, reader(of: before.end) == place {
            for unit in 0..<shape(before.weight)[0] {
                let parts = grown(before, unit)
                found.append(TracedModel.Symmetry(kind: .batchNormScale, parts: [parts[0]]))
                if parts.count > 1 {
                    found.append(TracedModel.Symmetry(kind: .batchNormBias, parts: [parts[1]]))
                }
            }
        }
        if let scale = parameter(operands[1]), let shift = parameter(operands[2]) {
            found += scalings(of: Source(weight: scale, bias: shift, end: place))
        }
        return found
    }

    /// One direction for each input of the layer that makes softmax's scores, and one for its biases.
    private func shifts(of source: Source, at place: Int) -> [TracedModel.Symmetry] {
        guard case .classes = model.target, model.loss.name == CrossEntropyLoss.name, source.end == result,
            case .dense = nodes[place].operation
        else { return [] }
        let (classes, inputs) = (shape(source.weight)[0], shape(source.weight)[1])
        var all = (0..<inputs).map { input in
            [Part(variable: source.weight, start: input, stride: inputs, repeats: classes)]
        }
        if let bias = source.bias { all.append([Part(variable: bias, start: 0, count: classes)]) }
        return all.map { TracedModel.Symmetry(kind: .softmaxShift, parts: $0) }
    }
}
