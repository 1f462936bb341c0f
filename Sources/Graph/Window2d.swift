/// A pooling window that slides over the height and width of an image.
public struct Window2d: Sendable, Hashable {
    /// Rows and columns the window covers.
    public let kernel: Extent2d
    /// Rows and columns it moves by.
    public let stride: Extent2d
    /// Rows and columns of padding on each side.
    public let padding: Extent2d

    /// A window; the stride is the kernel's extent unless given, as in torch.
    public init(kernel: Extent2d, stride: Extent2d? = nil, padding: Extent2d = 0) {
        self.kernel = kernel
        self.stride = stride ?? kernel
        self.padding = padding
    }

    /// The height and width of the result for an image of `input` pixels: ⌊(i + 2p − k) / s⌋ + 1.
    public func output(of input: Extent2d) -> Extent2d {
        Extent2d(
            (input.height + 2 * padding.height - kernel.height) / stride.height + 1,
            (input.width + 2 * padding.width - kernel.width) / stride.width + 1)
    }

    /// Whether at least one whole window fits on an image of `input` pixels.
    public func fits(_ input: Extent2d) -> Bool {
        input.height + 2 * padding.height >= kernel.height && input.width + 2 * padding.width >= kernel.width
    }
}

/// A height and a width, in pixels; an integer literal means a square.
public struct Extent2d: Sendable, Hashable, ExpressibleByIntegerLiteral {
    public let height: Int
    public let width: Int

    public init(_ height: Int, _ width: Int) {
        self.height = height
        self.width = width
    }

    /// A square of `value` by `value`.
    public init(integerLiteral value: Int) { self.init(value, value) }

    /// A square of `side` by `side`.
    public init(square side: Int) { self.init(side, side) }
}
