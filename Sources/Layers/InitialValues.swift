import Randomness

extension TracedModel {
    /// The first value of every variable, in the order of `variables`, drawn from `seed`.
    ///
    /// Each number depends only on the seed, the parameter's place among the variables and the place of the element.
    package func initialValues(seed: UInt64) -> [[Float]] {
        let initializers = variables.map { variable in
            switch variable.source {
            case let parameter as Parameter: parameter.initializer
            case let buffer as Buffer: buffer.initializer
            default:
                preconditionFailure(
                    "\(variable.name) is neither a Parameter nor a Buffer; it has no first value")
            }
        }
        func values(_ place: Int, of source: (values: [Float], shape: [Int])?, stream: Int) -> [Float] {
            initializers[place].values(
                shape: variables[place].shape, shapeOf: { variables[self.place(of: $0)].shape },
                sourceValue: source,
                random: CounterRandom(seed: seed, purpose: .initialization, stream: UInt64(stream)))
        }
        var first = variables.indices.map { place in
            initializers[place].source == nil ? values(place, of: nil, stream: place) : []
        }
        // Values computed from other parameters' values are made after them, with the random numbers of those
        // parameters.
        for (place, initializer) in initializers.enumerated() {
            guard let source = initializer.source.map(place(of:)) else { continue }
            first[place] = values(place, of: (first[source], variables[source].shape), stream: source)
        }
        return first
    }

    private func place(of parameter: Parameter) -> Int {
        guard let place = variables.firstIndex(where: { $0.source === parameter }) else {
            preconditionFailure("a first value refers to a weight that is not part of the model")
        }
        return place
    }
}
