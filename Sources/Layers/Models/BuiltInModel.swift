/// The ready-made models that a configuration names.
///
/// Each is also a function with more options, such as `Sequential.mlp(hidden: [64], classes: 10)`.
public enum BuiltInModel: String, Sendable, Hashable, CaseIterable {
    /// Dense layers of 512 and 256 units.
    case mlp
    /// LeNet-5 with tanh and average pooling, for images of 28 x 28.
    case lenet5
    /// Two convolutions with batch norm, and a hidden dense layer.
    case cnn
    /// The 20-layer residual network for small images.
    case resnet20
    /// The 18-layer residual network for large images, parameter names as torchvision's.
    case resnet18

    /// The model with its default options.
    ///
    /// - Parameter classes: The number of outputs, K.
    public func model(classes: Int) -> any Model {
        switch self {
        case .mlp: Sequential.mlp(classes: classes)
        case .lenet5: Sequential.lenet5(classes: classes)
        case .cnn: Sequential.cnn(classes: classes)
        case .resnet20: Sequential.resnet20(classes: classes)
        case .resnet18: ResNet18(classes: classes)
        }
    }
}
