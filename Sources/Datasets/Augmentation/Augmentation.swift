/// A random change of a training image; a list of them is applied in order, each drawn anew for every example and
/// epoch.
///
/// They act on the image as it is stored, before normalization, as in torchvision's usual order of augmentations,
/// ToTensor, Normalize: what comes from outside the image, and what is erased, is the stored value 0.
public enum Augmentation: Sendable, Hashable {
    /// Mirrored left to right, or upside down, with this probability.
    case flip(probability: Double = 0.5, vertical: Bool = false)
    /// Cut out of the image with `padding` zeros on every side, at the image's size, each place alike: both offsets are
    /// uniform over −padding...padding pixels (He et al., "Deep residual learning", 2016, section 4.2).
    case crop(padding: Int)
    /// Moved by whole pixels, both offsets uniform over −pixels...pixels.
    case shift(pixels: Int)
    /// Turned about its middle by an angle uniform over −degrees...degrees, bilinear.
    case rotation(degrees: Double)
    /// A rectangle set to zero with this probability: its area is a fraction uniform over `scale` of the image's, its
    /// height over its width log-uniform over `ratio`, its place uniform; ten tries to fit one in, else none (Zhong
    /// et al., "Random erasing data augmentation", 2020; the tries and rounding as in torchvision).
    case erasing(
        probability: Double = 0.5, scale: ClosedRange<Double> = 0.02...0.33,
        ratio: ClosedRange<Double> = 0.3...3.3
    )

    /// The name in a configuration.
    public var name: String {
        switch self {
        case .flip: "flip"
        case .crop: "crop"
        case .shift: "shift"
        case .rotation: "rotation"
        case .erasing: "erasing"
        }
    }

    /// Why it cannot change images of `height` x `width`, with what would do; nil where it can.
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
