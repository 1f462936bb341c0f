/// How a picture places numbers on an axis.
package enum PictureScale: String, Sendable, CaseIterable {
    /// By ratios where the numbers are above 0 and far apart: a loss from ten times its least on, other numbers from thirty.
    case automatic = "auto"
    /// By differences.
    case linear
    /// By ratios where all numbers are above 0.
    case logarithmic = "log"

    /// The ratio of the largest number to the smallest from which an axis is logarithmic, with `automatic` where no other
    /// choice is made; nil for never.
    package func logarithmicFrom(_ automatic: Double) -> Double? {
        switch self {
        case .automatic: automatic
        case .linear: nil
        case .logarithmic: 1
        }
    }
}
