extension Operation {
    /// Convolution and its two gradients: one trilinear form, so that each one's derivatives are the other two.
    public enum Convolution: Sendable, Hashable {
        /// (x [N, C, H, W], w [O, C/g, kh, kw]) → y.
        case convolution(Convolution2d)
        /// (dy, w) → dx of the given input height and width: the adjoint of convolution in x.
        case convolutionInputGradient(Convolution2d, Extent2d)
        /// (x, dy) → dw of the given kernel height and width: the adjoint of convolution in w.
        case convolutionWeightGradient(Convolution2d, Extent2d)
    }
}

extension Operation.Convolution: OperationFamily {
    func types(of operands: OperandTypes) -> [TensorType] {
        switch self {
        case .convolution(let geometry):
            let (x, w) = (operands.image(0), operands.image(1))
            operands.require(
                w[1] * geometry.groups == x[1] && w[0] % geometry.groups == 0,
                "weights expect \(w[1] * geometry.groups) channels, the image has \(x[1])")
            let window = Window2d(
                kernel: Extent2d(w[2], w[3]), stride: geometry.stride, padding: geometry.padding)
            operands.require(
                window.fits(Extent2d(x[2], x[3])), "the kernel is larger than the padded image")
            return [TensorType(geometry.outputShape(input: x, weight: w))]
        case .convolutionInputGradient(let geometry, let input):
            let (dy, w) = (operands.image(0), operands.image(1))
            return [TensorType([dy[0], w[1] * geometry.groups, input.height, input.width])]
        case .convolutionWeightGradient(let geometry, let kernel):
            let (x, dy) = (operands.image(0), operands.image(1))
            return [TensorType([dy[1], x[1] / geometry.groups, kernel.height, kernel.width])]
        }
    }

    func gradient(of dy: Tensor, at node: BackwardNode) -> [Tensor?] {
        let (a, b) = (node.operands[0], node.operands[1])
        let wanted = node.wanted
        switch self {
        case .convolution(let geometry):
            return [
                wanted[0] ? dy.convolving(.convolutionInputGradient(geometry, a.extent), b) : nil,
                wanted[1] ? a.convolving(.convolutionWeightGradient(geometry, b.extent), dy) : nil,
            ]
        case .convolutionInputGradient(let geometry, _):
            return [
                wanted[0] ? dy.convolving(.convolution(geometry), b) : nil,
                wanted[1] ? dy.convolving(.convolutionWeightGradient(geometry, b.extent), a) : nil,
            ]
        case .convolutionWeightGradient(let geometry, _):
            return [
                wanted[0] ? b.convolving(.convolutionInputGradient(geometry, a.extent), dy) : nil,
                wanted[1] ? a.convolving(.convolution(geometry), dy) : nil,
            ]
        }
    }

    var definition: Definition? {
        switch self {
        case .convolution, .convolutionInputGradient, .convolutionWeightGradient: nil
        }
    }

    func flops(operands: [TensorType], results: [TensorType]) -> Int {
        switch self {
        case .convolution:
            2 * results[0].count * operands[1].shape.dropFirst().reduce(1, *)
        case .convolutionInputGradient:
            2 * operands[0].count * operands[1].shape.dropFirst().reduce(1, *)
        case .convolutionWeightGradient:
            2 * operands[1].count * results[0].shape.dropFirst().reduce(1, *)
        }
    }
}

extension Tensor {
    /// Cross-correlation of images (N, C, H, W) with weights (O, C / groups, kh, kw).
    public func convolution(_ weight: Tensor, bias: Tensor? = nil, geometry: Convolution2d) -> Tensor {
        let y = convolving(.convolution(geometry), weight)
        return bias.map { y.applying(.dense(.biasAdd(relu: false)), $0) } ?? y
    }

    fileprivate func convolving(_ operation: Operation.Convolution, _ other: Tensor) -> Tensor {
        applying(.convolution(operation), other)
    }
}

/// The geometry of a two-dimensional convolution (cross-correlation, as in torch.nn.Conv2d).
///
/// Images are (N, C, H, W), weights are (out, C / groups, kernel height, kernel width).
public struct Convolution2d: Sendable, Hashable {
    /// Rows and columns the kernel moves by.
    public let stride: Extent2d
    /// Rows and columns of zeros on each side.
    public let padding: Extent2d
    /// Groups that channels are split into.
    public let groups: Int

    public init(stride: Extent2d = 1, padding: Extent2d = 0, groups: Int = 1) {
        self.stride = stride
        self.padding = padding
        self.groups = groups
    }

    /// The shape of the result of convolving `input` with `weight`.
    public func outputShape(input: [Int], weight: [Int]) -> [Int] {
        let window = Window2d(kernel: Extent2d(weight[2], weight[3]), stride: stride, padding: padding)
        let extent = window.output(of: Extent2d(input[2], input[3]))
        return [input[0], weight[0], extent.height, extent.width]
    }
}
