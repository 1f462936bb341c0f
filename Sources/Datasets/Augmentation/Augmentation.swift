/// A random change of a training image. The changes of a list are applied in order, each drawn anew for every example
/// and epoch.
///
/// They act on the image as it is stored, before normalization, as in torchvision's usual order of augmentations,
/// ToTensor, Normalize. Pixels from outside the image, and erased ones, are the stored value 0.
public enum Augmentation: Sendable, Hashable {
    /// Mirrors the image left to right, or upside down, with this probability.
    case flip(probability: Double = 0.5, vertical: Bool = false)
    /// Cuts an image of the same size out of the image with `padding` zeros on every side, where both offsets are
    /// uniform over −padding...padding pixels (He et al., "Deep residual learning", 2016, section 4.2).
    case crop(padding: Int)
    /// Moves the image by whole pixels, both offsets uniform over −pixels...pixels.
    case shift(pixels: Int)
    /// Turns the image about its middle by an angle uniform over −degrees...degrees, bilinear.
    case rotation(degrees: Double)
    /// Sets a rectangle to zero with this probability. Its area is a fraction of the image's, uniform over `scale`; its
    /// height over its width is log-uniform over `ratio`; its place is uniform. If ten tries give none that fits,
    /// nothing is erased (Zhong et al., "Random erasing data augmentation", 2020; the tries and rounding as in
    /// torchvision).
    case erasing(
        probability: Double = 0.5, scale: ClosedRange<Double> = 0.02...0.33,
        ratio: ClosedRange<Double> = 0.3...3.3
    )

    /// The name in a configuration, such as "flip".
    public var name: String {
        switch self {
        case .flip: "flip"
        case .crop: "crop"
        case .shift: "shift"
        case .rotation: "rotation"
        case .erasing: "erasing"
        }
    }

    /// Why images of `height` x `width` cannot be changed so, and what would do; nil if they can.
    package func problem(height: Int, width: Int) -> String? {
        let (key, pixels): (String, Int) =
            switch self {
            case .crop(let padding): ("padding", padding)
            case .shift(let pixels): ("pixels", pixels)
            case .flip, .rotation, .erasing: ("", 0)
            }
        let least = min(height, width)
        guard pixels >= least else { return nil }
        return
            "\(key) \(pixels) could move an image of \(height) x \(width) out of itself: give at most \(least - 1)"
    }
}
