import Graph

/// The extents of one convolution.
struct ConvolutionCase: Sendable, CustomStringConvertible {
    /// (C, H, W).
    let image: [Int]
    private let outputs: Int
    let kernel: Extent2d
    let geometry: Convolution2d

    private init(
        _ image: [Int], _ outputs: Int, _ kernel: Extent2d, stride: Extent2d = 1, padding: Extent2d = 0,
        groups: Int = 1
    ) {
        self.image = image
        self.outputs = outputs
        self.kernel = kernel
        geometry = Convolution2d(stride: stride, padding: padding, groups: groups)
    }

    /// (O, C / groups, kernel height, kernel width).
    var filter: [Int] { [outputs, image[0] / geometry.groups, kernel.height, kernel.width] }

    /// (O, H', W').
    var output: [Int] { Array(geometry.outputShape(input: [1] + image, weight: filter).dropFirst()) }

    var description: String {
        func text(_ extent: Extent2d) -> String { "\(extent.height)x\(extent.width)" }
        return "stride \(text(geometry.stride)) padding \(text(geometry.padding)) groups \(geometry.groups)"
    }

    /// Few and many channels, whole and broken blocks of 8 and 16, groups, strides, paddings.
    static let all = [
        ConvolutionCase([3, 8, 8], 16, 3, padding: 1), ConvolutionCase([1, 9, 9], 8, 5, padding: 2),
        ConvolutionCase([16, 6, 6], 16, 3, padding: 1),
        ConvolutionCase([12, 7, 7], 20, 3, stride: 2, padding: 1),
        ConvolutionCase([16, 8, 8], 32, 1, stride: 2), ConvolutionCase([17, 4, 4], 33, 3, padding: 1),
        ConvolutionCase([6, 7, 5], 10, Extent2d(3, 2), stride: Extent2d(2, 1), padding: Extent2d(1, 0)),
        ConvolutionCase([8, 5, 5], 8, 3, padding: 1, groups: 2),
        ConvolutionCase([32, 4, 4], 32, 3, padding: 1, groups: 2),
        ConvolutionCase([12, 5, 5], 12, 3, padding: 1, groups: 12),
        ConvolutionCase([16, 5, 5], 16, 3, stride: 2, groups: 16),
        ConvolutionCase([6, 5, 5], 9, 3, padding: 1, groups: 3), ConvolutionCase([5, 3, 3], 7, 3),
        // Strides that leave the last rows or columns unread.
        ConvolutionCase([8, 8, 9], 8, 3, stride: 3),
        ConvolutionCase([4, 6, 6], 4, Extent2d(1, 4), stride: Extent2d(1, 3), padding: Extent2d(0, 2)),
    ]
}
