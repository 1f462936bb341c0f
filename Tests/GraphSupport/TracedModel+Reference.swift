import Layers

extension TracedModel {
    /// The model's first values as the interpreter takes them, in the order of `variables`.
    package func referenceVariables(seed: UInt64) -> [ReferenceTensor] {
        zip(variables, initialValues(seed: seed)).map { ReferenceTensor($0.shape, $1.map(Double.init)) }
    }
}
