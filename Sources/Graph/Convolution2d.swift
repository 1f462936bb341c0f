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

    /// A convolution's geometry.
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
