import Randomness

extension TracedModel {
    /// The first value of every variable, in the order of `variables`, drawn from `seed`.
    ///
    /// Each number depends on (seed, place of the parameter, logical element) only.
    package func initialValues(seed: UInt64) -> [[Float]] {
        variables.enumerated().map { place, variable in
            switch variable.source {
            case let parameter as Parameter:
                let random = CounterRandom(seed: seed, purpose: .initialization, stream: UInt64(place))
                return parameter.initializer.values(shape: variable.shape, shapeOf: shape, random: random)
            case let buffer as Buffer:
                return Array(repeating: buffer.initialValue, count: variable.shape.reduce(1, *))
            default:
                preconditionFailure(
                    "\(variable.name) is neither a Parameter nor a Buffer; it has no first value")
            }
        }
    }

    private func shape(of parameter: Parameter) -> [Int] {
        guard let variable = variables.first(where: { $0.source === parameter }) else {
            preconditionFailure("a bias refers to a weight that is not part of the model")
        }
        return variable.shape
    }
}
