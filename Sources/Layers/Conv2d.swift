import Graph
import Messages

/// Cross-correlation of images: (N, C, H, W) → (N, O, H', W'), as torch.nn.Conv2d.
public struct Conv2d: Layer, CustomReflectable {
    /// (O, C / groups, kernel height, kernel width).
    public let weight: LayerWeight
    /// (O): added to each output channel; nil without bias.
    public let bias: Parameter?
    private let outputs: Int
    private let inputs: Int?
    private let kernel: Extent2d
    private let geometry: Convolution2d

    /// A convolution with `outputs` channels; the number of input channels is inferred unless given.
    ///
    /// - Parameters:
    ///   - initializer: How the weight's first values are drawn.
    ///   - biasInitializer: How the bias's first values are drawn; torch's default unless given.
    ///   - form: Whether the weight is a parameter or computed from others.
    public init(
        _ outputs: Int, inputs: Int? = nil, kernel: Extent2d, stride: Extent2d = 1, padding: Extent2d = 0,
        groups: Int = 1, bias: Bool = true, initializer: Initializer = .torchDefault,
        biasInitializer: Initializer? = nil, form: WeightForm = .plain
    ) {
        precondition(
            outputs > 0 && groups > 0, "a convolution needs channels, got \(outputs) in \(groups) groups")
        self.outputs = outputs
        self.inputs = inputs
        self.kernel = kernel
        geometry = Convolution2d(stride: stride, padding: padding, groups: groups)
        weight = LayerWeight(form, initializer: initializer)
        self.bias =
            bias ? Parameter(biasInitializer ?? .torchDefaultBias(of: weight.parameter), role: .bias) : nil
    }

    /// The variables under torch's names.
    public var customMirror: Mirror {
        Mirror(self, children: weight.variables + [("bias", bias as Any)], displayStyle: .struct)
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        let channels = (inputs ?? x.shape[1]) / geometry.groups
        let weight = weight(shape: [outputs, channels, kernel.height, kernel.width], in: x.builder)
        let bias = bias.map { x.builder.variable($0, shape: [outputs]) }
        return x.convolution(weight, bias: bias, geometry: geometry)
    }

    public func check(input shape: [Int]) throws(ModelError) {
        guard shape.count == 4 else { throw .noImages(shape) }
        if let inputs, shape[1] != inputs {
            throw .expected(counted(inputs, "channel"), found: shape, "leave out in")
        }
        guard shape[1] % geometry.groups == 0, outputs % geometry.groups == 0 else {
            throw .expected(
                "channels that \(geometry.groups) groups divide (\(outputs) outputs)", found: shape)
        }
        let window = Window2d(kernel: kernel, stride: geometry.stride, padding: geometry.padding)
        guard window.fits(Extent2d(shape[2], shape[3])) else {
            throw .expected(
                "images of at least \(kernel.height) x \(kernel.width) with padding", found: shape,
                "take a smaller kernel, or more padding")
        }
    }
}
