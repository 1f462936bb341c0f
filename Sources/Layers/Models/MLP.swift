extension Sequential {
    /// Dense layers with ReLU between them: (N, ...) → (N, K).
    ///
    /// - Parameters:
    ///   - hidden: The units of each hidden layer, in order; an empty list makes a linear classifier.
    ///   - classes: The number of outputs, K.
    public static func mlp(hidden: [Int] = [512, 256], classes: Int) -> Sequential {
        var layers: [any Layer] = [Flatten()]
        for units in hidden { layers += [Linear(units), ReLU()] }
        return Sequential(layers + [Linear(classes)])
    }
}
