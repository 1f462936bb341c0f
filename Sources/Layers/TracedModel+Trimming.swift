import Graph

/// The model for shorter sequences: where all sequences of a mini-batch are short, nothing is computed for the padding.
extension TracedModel {
    /// The numbers of positions, ascending, that sequences may be cut to without a change of the model, all of them last.
    ///
    /// They are a sixteenth of the positions apart, or 8: a program is planned for each. Only [] where examples have no
    /// lengths.
    package var trimmedPositions: [Int] {
        guard hasLengths, let axis = positionAxis else { return [] }
        let all = exampleShape[axis]
        let grain = max(8, (all / 16 + 7) / 8 * 8)
        var found = [all]
        for count in stride(from: (all - 1) / grain * grain, to: 0, by: -grain) {
            guard (try? trimmed(to: count)) != nil else { break }
            found.append(count)
        }
        return found.reversed()
    }

    /// The model for sequences of `count` positions; throws where it depends on their number.
    private func trimmed(to count: Int) throws(ModelError) -> TracedModel {
        guard let axis = positionAxis else { return self }
        let all = exampleShape[axis]
        func cut(_ shape: [Int]) -> [Int] {
            shape.first == all && !positions.isEmpty ? [count] + shape.dropFirst() : shape
        }
        var shape = exampleShape
        shape[axis] = count
        let target: TargetKind = if case .values(let values) = target { .values(cut(values)) } else { target }
        let model = try TracedModel(
            model, exampleShape: shape, exampleElement: exampleElement, hasLengths: hasLengths,
            target: target,
            labelShape: cut(positions), loss: loss)
        guard zip(variables, model.variables).allSatisfy({ $0.shape == $1.shape }),
            positions.isEmpty ? model.outputShape == outputShape : model.rowCount == count
        else { throw ModelError("the model depends on the number of positions") }
        return model
    }

    /// The model as it reads inputs of these types, which may be of fewer positions.
    package func reading(_ inputs: InputTypes) -> TracedModel {
        guard let shape = inputs[.features]?.shape, let axis = positionAxis,
            shape[axis + 1] != exampleShape[axis]
        else { return self }
        do { return try trimmed(to: shape[axis + 1]) } catch {
            preconditionFailure("a model cut to \(shape[axis + 1]) positions: \(error)")
        }
    }
}
