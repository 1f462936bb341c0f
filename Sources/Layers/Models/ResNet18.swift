import Graph

/// The 18-layer residual network for large images of He et al. 2016: (N, C, H, W) → (N, K).
///
/// Layers, names and first values are those of torchvision's resnet18 (convolutions from He's normal distribution
/// by fan-out), so that its state dict's names and shapes fit: `layer2.0.downsample.1.running_mean`.
public struct ResNet18: Model {
    private let conv1: Conv2d
    private let bn1: BatchNormalization
    private let layer1, layer2, layer3, layer4: Sequential
    private let fc: Linear

    /// The network with `classes` outputs.
    ///
    /// - Parameter synchronized: Whether batch norm's moments are the whole mini-batch's.
    public init(classes: Int = 1000, synchronized: Bool = true) {
        func stage(_ inputs: Int, _ outputs: Int, stride: Int) -> Sequential {
            [
                BasicBlock(inputs: inputs, outputs: outputs, stride: stride, synchronized: synchronized),
                BasicBlock(inputs: outputs, outputs: outputs, stride: 1, synchronized: synchronized),
            ]
        }
        conv1 = Conv2d(64, kernel: 7, stride: 2, padding: 3, bias: false, initializer: .kaimingNormalFanOut)
        bn1 = BatchNormalization(synchronized: synchronized)
        layer1 = stage(64, 64, stride: 1)
        layer2 = stage(64, 128, stride: 2)
        layer3 = stage(128, 256, stride: 2)
        layer4 = stage(256, 512, stride: 2)
        fc = Linear(classes)
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        let stem = bn1(conv1(x)).relu().maxPooled(Window2d(kernel: 3, stride: 2, padding: 1))
        return fc(GlobalAvgPool()(layer4(layer3(layer2(layer1(stem))))).flattened())
    }

    public func check(input shape: [Int]) throws(ModelError) {
        guard shape.count == 4 else { throw .noImages(shape) }
    }
}
