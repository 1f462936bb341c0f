import Graph
import Messages

/// Cross-correlation of sequences: (N, C, L) → (N, O, L'), as torch.nn.Conv1d.
///
/// Of sequences with lengths, positions beyond them are zero in what it reads and in what it makes, and the lengths of what
/// it makes follow from kernel and stride.
public struct Conv1d: Layer {
    /// (O, C / groups, kernel).
    public let weight: Parameter
    /// (O): added to each output channel; nil without bias.
    public let bias: Parameter?
    private let outputs: Int
    private let inputs: Int?
    private let groups: Int
    private let window: Window1d

    /// A convolution with `outputs` channels; the number of input channels is inferred unless given.
    ///
    /// - Parameters:
    ///   - dilation: How far apart the elements are that a kernel reads.
    ///   - biasInitializer: How the bias's first values are drawn; torch's default unless given.
    public init(
        _ outputs: Int, inputs: Int? = nil, kernel: Int, stride: Int = 1, padding: Int = 0,
        dilation: Int = 1, groups: Int = 1, bias: Bool = true, initializer: Initializer = .torchDefault,
        biasInitializer: Initializer? = nil
    ) {
        precondition(
            outputs > 0 && groups > 0 && dilation > 0,
            "a convolution of \(outputs) channels in \(groups) groups, dilation \(dilation)")
        self.outputs = outputs
        self.inputs = inputs
        self.groups = groups
        window = Window1d(kernel: kernel, stride: stride, padding: padding, dilation: dilation)
        weight = Parameter(initializer)
        self.bias = bias ? Parameter(biasInitializer ?? .torchDefaultBias(of: weight), role: .bias) : nil
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        x.readAsSequences(along: 2)
        x.builder.carried?.refuse("conv1d reads positions that come later")
        let channels = (inputs ?? x.shape[1]) / groups
        var weight = x.builder.variable(weight, shape: [outputs, channels, window.kernel])
        var extent = window.kernel
        if window.dilation > 1 {
            // A kernel with zeros between its elements.
            extent = window.dilation * (window.kernel - 1) + 1
            weight = weight.reshaped(to: [outputs, channels, window.kernel, 1])
                .padded(3, before: 0, after: window.dilation - 1)
                .reshaped(to: [outputs, channels, window.kernel * window.dilation]).sliced(2, 0..<extent)
        }
        let image = x.zeroedBeyondLengths(along: 2)
            .reshaped(to: [x.shape[0], x.shape[1], 1, x.shape[2]])
        let geometry = Convolution2d(
            stride: Extent2d(1, window.stride), padding: Extent2d(0, window.padding), groups: groups)
        let y = image.convolution(
            weight.reshaped(to: [outputs, channels, 1, extent]),
            bias: bias.map { x.builder.variable($0, shape: [outputs]) }, geometry: geometry)
        return y.reshaped(to: [y.shape[0], outputs, y.shape[3]])
            .with(lengths: x.lengths?.behind(window)).zeroedBeyondLengths(along: 2)
    }

    public func check(input shape: [Int]) throws(ModelError) {
        try requireSequences(shape, window)
        if let inputs, shape[1] != inputs {
            throw .expected(counted(inputs, "channel"), found: shape, "leave out in")
        }
        guard shape[1] % groups == 0, outputs % groups == 0 else {
            throw .expected("channels that \(groups) groups divide (\(outputs) outputs)", found: shape)
        }
    }
}

/// The largest element of each window of a sequence (N, C, L), as torch.nn.MaxPool1d.
public struct MaxPool1d: Layer {
    private let window: Window1d

    /// Pools windows of `kernel` positions; the stride is the kernel's extent unless given.
    public init(_ kernel: Int, stride: Int? = nil, padding: Int = 0) {
        window = Window1d(kernel: kernel, stride: stride, padding: padding)
    }

    public func callAsFunction(_ x: Tensor) -> Tensor { x.pooled(window) { $0.maxPooled($1) } }
    public func check(input shape: [Int]) throws(ModelError) { try requirePooling(shape, window) }
}

/// The mean of each window of a sequence (N, C, L), padding counted as zeros, as torch.nn.AvgPool1d.
public struct AvgPool1d: Layer {
    private let window: Window1d

    /// Pools windows of `kernel` positions; the stride is the kernel's extent unless given.
    public init(_ kernel: Int, stride: Int? = nil, padding: Int = 0) {
        window = Window1d(kernel: kernel, stride: stride, padding: padding)
    }

    public func callAsFunction(_ x: Tensor) -> Tensor { x.pooled(window) { $0.averagePooled($1) } }
    public func check(input shape: [Int]) throws(ModelError) { try requirePooling(shape, window) }
}

extension Tensor {
    /// These lengths, int32[N], behind windows.
    fileprivate func behind(_ window: Window1d) -> Tensor { applying(.sequence(.windowed(window))) }

    /// A pooling of images of one row, of this tensor (N, C, L).
    fileprivate func pooled(_ window: Window1d, _ pool: (Tensor, Window2d) -> Tensor) -> Tensor {
        readAsSequences(along: 2)
        builder.carried?.refuse("pooling reads positions that come later")
        let image = zeroedBeyondLengths(along: 2).reshaped(to: [shape[0], shape[1], 1, shape[2]])
        let y = pool(
            image,
            Window2d(
                kernel: Extent2d(1, window.kernel), stride: Extent2d(1, window.stride),
                padding: Extent2d(0, window.padding)))
        return y.reshaped(to: [y.shape[0], y.shape[1], y.shape[3]])
            .with(lengths: lengths?.behind(window)).zeroedBeyondLengths(along: 2)
    }
}

private func requireSequences(_ shape: [Int], _ window: Window1d) throws(ModelError) {
    guard shape.count == 3 else { throw .expected("sequences (N, C, L)", found: shape) }
    guard window.output(of: shape[2]) > 0 else {
        throw .expected(
            "sequences of at least \(window.dilation * (window.kernel - 1) + 1) positions with padding",
            found: shape, "take a smaller kernel, or more padding")
    }
}

private func requirePooling(_ shape: [Int], _ window: Window1d) throws(ModelError) {
    try requireSequences(shape, window)
    guard window.padding * 2 <= window.kernel else {
        throw ModelError("padding must be at most half of the kernel")
    }
}
