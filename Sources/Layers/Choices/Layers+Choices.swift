import Options

extension ChoiceList where Element == LayerMaker {
    /// Every layer; names, options and defaults are PyTorch's.
    public static var layers: ChoiceList {
        ChoiceList(
            "layer", style: .keyed,
            [
                .linear, .conv2d, .batchNorm, .batchRenorm, .layerNorm, .groupNorm, .instanceNorm,
                .rmsNorm,
            ] + NamedChoice.activations + [
                .maxPool2d, .avgPool2d, .globalAvgPool, .flatten, .dropout, .residual,
            ] + NamedChoice.sequences)
    }
}
