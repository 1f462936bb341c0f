/// Signals grow from layer to layer at the first weights, so that gradients do, or a parameter's gradient has become a
/// thousand times its usual size while training went on.
struct ExplodingGradients: FindingRule {
    static let name = Finding.Name.explodingGradients
    static let needsRun = true

    /// The growth of signals at the first weights over all layers, and over each, from which on they explode.
    /// Initializers that keep variances have about 1.
    static let growth = 30.0
    static let growthOfLayer = 2.0
    /// The second layer's gradient relative to its weights ÷ the last one's: bounded activations hide the growth of signals,
    /// not that of gradients. The first layer's depends on the scale of the features.
    static let ratio = 1e3

    func finding(in measured: Measurements) -> Finding? {
        if let growth = measured.growth, growth.layers >= VanishingGradients.fewest, Self.grows(growth) {
            return found(
                "at the first weights, before any step, what \(growth.last) gives is \(text(growth.ratio)) times as large as what \(growth.first) gives, \(growth.layers) layers of weights in all: gradients grow alike",
                key: "init.default")
        }
        let layers = measured.firstLayers
        if layers.count > VanishingGradients.fewest, let last = layers.last, last.relative > 0,
            layers[1].relative >= Self.ratio * last.relative
        {
            return found(
                "at the first weights, before any step, the gradient of \(layers[1].name) relative to its weights is \(text(layers[1].relative)), and that of \(last.name) \(text(last.relative)): it grows on its way back",
                key: "init.default")
        }
        guard let explosion = measured.course?.explosion else { return nil }
        return found(
            "the gradient of \(explosion.parameter) had a root mean square of \(text(explosion.rootMeanSquare)) at step \(explosion.step), more than \(text(GradientMonitor.exploding)) times its usual one, and kept it for \(GradientMonitor.patience) looks",
            key: "training.clip")
    }

    private static func grows(_ growth: Measurements.Growth) -> Bool {
        var least = 1.0
        for _ in 1..<growth.layers where least < 1e6 { least *= growthOfLayer }
        return growth.ratio >= Self.growth && growth.ratio >= min(least, 1e6)
    }
}
