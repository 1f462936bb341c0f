/// A first model for examples of a shape: a small convolutional network for images (C, H, W), else dense layers.
struct ArrayModel {
    /// The shape of one example.
    let shape: [Int]
    /// Whether examples are images with the channels first.
    let isConvolutional: Bool

    init(_ shape: [Int]) {
        self.shape = shape
        isConvolutional =
            shape.count == 3 && !Self.hasChannelsLast(shape) && min(shape[1], shape[2]) >= Self.least
    }

    /// What to know about the shape; nil for nothing.
    var remark: String? {
        if Self.hasChannelsLast(shape) {
            return
                "these look like images with their channels last: save numpy.transpose(x, (0, 3, 1, 2)) for a convolutional network"
        }
        if shape.count == 2 { return "if these are images, save x[:, None] for a convolutional network" }
        return nil
    }

    /// The lines of the list of layers.
    func layers(_ sizes: StarterSizes, isClassification: Bool) -> [String] {
        let last = "linear: \(sizes.outputs)" + (isClassification ? "  # an output for each class" : "")
        guard isConvolutional else {
            return (shape.count > 1 ? ["flatten"] : []) + ["linear: \(sizes.width)", "relu"]
                + (sizes.isDeep && isClassification ? ["linear: \(sizes.width / 2)", "relu"] : []) + [last]
        }
        var layers: [String] = []
        var (channels, height, width) = (Self.firstChannels, shape[1], shape[2])
        for block in 0..<Self.mostBlocks where min(height, width) >= Self.least {
            if block > 0 { channels = min(2 * channels, Self.mostChannels) }
            layers += [
                "conv2d: {out: \(channels), kernel: 3, padding: 1, bias: false}", "batch_norm", "relu",
                "max_pool2d: 2",
            ]
            (height, width) = (height / 2, width / 2)
        }
        guard channels * height * width <= Self.mostFlat else {
            return layers + ["global_avg_pool", "flatten", last]
        }
        return layers + ["flatten", "linear: \(Self.hidden)", "relu", last]
    }

    /// Whether the last extent looks like channels, and the first two like pixels.
    private static func hasChannelsLast(_ shape: [Int]) -> Bool {
        shape.count == 3 && [1, 3, 4].contains(shape[2]) && min(shape[0], shape[1]) >= least
    }

    /// The least height and width that a convolution with pooling is good for.
    private static let least = 8
    private static let (firstChannels, mostChannels, mostBlocks) = (32, 128, 4)
    /// The most numbers that a dense layer takes behind the convolutions, and its units.
    private static let (mostFlat, hidden) = (4096, 64)
}
