import Graph

/// The largest element of each window, as torch.nn.MaxPool2d.
public struct MaxPool2d: Layer {
    private let window: Window2d

    /// Pools windows of `kernel` pixels; the stride is the kernel's extent unless given.
    public init(_ kernel: Extent2d, stride: Extent2d? = nil, padding: Extent2d = 0) {
        window = Window2d(kernel: kernel, stride: stride, padding: padding)
    }

    public func callAsFunction(_ x: Tensor) -> Tensor { x.maxPooled(window) }
    public func check(input shape: [Int]) throws(ModelError) { try requireImages(shape, window) }
}

/// The mean of each window, padding counted as zeros, as torch.nn.AvgPool2d.
public struct AvgPool2d: Layer {
    private let window: Window2d

    /// Pools windows of `kernel` pixels; the stride is the kernel's extent unless given.
    public init(_ kernel: Extent2d, stride: Extent2d? = nil, padding: Extent2d = 0) {
        window = Window2d(kernel: kernel, stride: stride, padding: padding)
    }

    public func callAsFunction(_ x: Tensor) -> Tensor { x.averagePooled(window) }
    public func check(input shape: [Int]) throws(ModelError) { try requireImages(shape, window) }
}

/// The mean of each channel's pixels: (N, C, H, W) → (N, C, 1, 1), as torch.nn.AdaptiveAvgPool2d(1).
public struct GlobalAvgPool: Layer {
    public init() {}

    public func callAsFunction(_ x: Tensor) -> Tensor {
        x.averagePooled(Window2d(kernel: Extent2d(x.shape[2], x.shape[3])))
    }

    public func check(input shape: [Int]) throws(ModelError) {
        guard shape.count == 4 else { throw .noImages(shape) }
    }
}

private func requireImages(_ shape: [Int], _ window: Window2d) throws(ModelError) {
    guard shape.count == 4 else { throw .noImages(shape) }
    guard window.fits(Extent2d(shape[2], shape[3])) else {
        throw .expected(
            "images of at least \(window.kernel.height) x \(window.kernel.width) with padding", found: shape,
            "take a smaller kernel, or fewer layers that shrink the images")
    }
    guard window.padding.height * 2 <= window.kernel.height, window.padding.width * 2 <= window.kernel.width
    else {
        throw ModelError("padding must be at most half of the kernel")
    }
}
