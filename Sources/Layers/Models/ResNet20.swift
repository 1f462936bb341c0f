import Graph

extension Sequential {
    /// The residual network for small images of He et al. 2016 (section 4.2): (N, C, H, W) → (N, K).
    ///
    /// A 3 x 3 stem, then three stages of blocks of two 3 x 3 convolutions with batch norm; the second and third
    /// stage halve the image and double the channels, with a 1 x 1 convolution and batch norm as shortcut. Every
    /// sum is followed by a ReLU. Depth is 6 · blocks + 2: 20 with 3 blocks a stage, 32 with 5, 56 with 9.
    ///
    /// Without shortcuts it is the paper's plain network of the same layers: nothing is added to a body, projections
    /// are left out, and parameters keep their names ("3.body.0.weight"). With 9 blocks it trains worse than with 3
    /// although it could do the same; shortcuts undo that.
    ///
    /// - Parameters:
    ///   - blocks: Residual blocks in each of the three stages.
    ///   - width: Channels of the first stage.
    ///   - classes: The number of outputs, K.
    ///   - shortcut: Whether a block's input is added to its output.
    ///   - synchronized: Whether batch norm's moments are the whole mini-batch's.
    public static func resnet20(
        blocks: Int = 3, width: Int = 16, classes: Int, shortcut: Bool = true, synchronized: Bool = true
    ) -> Sequential {
        precondition(blocks > 0 && width > 0, "a residual network of \(blocks) blocks of width \(width)")
        func normalization() -> BatchNormalization { BatchNormalization(synchronized: synchronized) }
        func block(_ inputs: Int, _ outputs: Int, stride: Int) -> [any Layer] {
            let body: [any Layer] = [
                Conv2d(outputs, kernel: 3, stride: Extent2d(square: stride), padding: 1, bias: false),
                normalization(), ReLU(),
                Conv2d(outputs, kernel: 3, padding: 1, bias: false), normalization(),
            ]
            guard shortcut else { return [PlainBlock(body), ReLU()] }
            let keepsShape = inputs == outputs && stride == 1
            let projection: [any Layer] = [
                Conv2d(outputs, kernel: 1, stride: Extent2d(square: stride), bias: false), normalization(),
            ]
            return [Residual(body, shortcut: keepsShape ? [] : projection), ReLU()]
        }
        var layers: [any Layer] = [
            Conv2d(width, kernel: 3, padding: 1, bias: false), normalization(), ReLU(),
        ]
        var channels = width
        for (outputs, stride) in [(width, 1), (2 * width, 2), (4 * width, 2)] {
            for place in 0..<blocks {
                layers += block(channels, outputs, stride: place == 0 ? stride : 1)
                channels = outputs
            }
        }
        return Sequential(layers + [GlobalAvgPool(), Flatten(), Linear(classes)])
    }
}
