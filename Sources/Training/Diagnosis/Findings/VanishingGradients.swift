/// The first layers' gradients, relative to their weights, are a thousandth of the last layer's or less: they stand still
/// while the last one learns.
///
/// Reference: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010.
struct VanishingGradients: FindingRule {
    static let name = Finding.Name.vanishingGradients

    /// The part of the last layer's relative gradient: deep networks that train have a tenth or more, each saturated sigmoid
    /// layer takes away three quarters at least.
    static let share = 1e-3
    /// The fewest layers with weights over which gradients can vanish.
    static let fewest = 3

    func finding(in measured: Measurements) -> Finding? {
        // Behind dead units gradients are 0, which is another finding.
        guard !DeadUnits.hasDeadLayer(measured.rectifiers) else { return nil }
        let looks = [measured.layers, measured.firstLayers].filter { !$0.isEmpty }
        guard !looks.isEmpty, looks.allSatisfy({ Self.ratio($0).map { $0 <= Self.share } ?? false }),
            let layers = looks.first, let ratio = Self.ratio(layers), let first = layers.first,
            let last = layers.last
        else { return nil }
        return found(
            "relative to the weights, the gradient of \(first.name) is \(text(first.relative)), and that of \(last.name) \(text(last.relative)), \(text(1 / ratio)) times as large, with \(layers.count) layers of weights between input and output",
            key: "model")
    }

    /// The first layer's relative gradient ÷ the last one's; 1 if the second layer's is above a tenth of the last
    /// one's, so that gradients do not fall on the way. Nil if there are too few layers, or a gradient is 0.
    static func ratio(_ layers: [Measurements.LayerGradient]) -> Double? {
        guard layers.count >= fewest, layers.allSatisfy({ $0.relative > 0 && $0.relative.isFinite }) else {
            return nil
        }
        let last = layers[layers.count - 1].relative
        guard layers[1].relative <= 0.1 * last else { return 1 }
        return layers[0].relative / last
    }
}
