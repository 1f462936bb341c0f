import Foundation
import Training

/// Numbers as text for readers.
enum NumberText {
    /// Four significant digits, such as 0.1234 and 1.2e-05; large whole numbers with a comma every three digits.
    static func plain(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "not a number" : value < 0 ? "−∞" : "∞" }
        let size = abs(value)
        if size >= 10_000, size < 1e12 {
            return (value < 0 ? "−" : "") + ProgressReporter.number(size.rounded())
        }
        return ProgressReporter.significant(value, 4).replacingOccurrences(of: "-", with: "−")
    }

    /// The label of an axis tick, such as 20k, 0.05 and 1e−6.
    static func tick(_ value: Double) -> String {
        let size = abs(value)
        for (unit, suffix) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where size >= unit && size < 1e12 {
            return ProgressReporter.significant(value / unit, 4).replacingOccurrences(of: "-", with: "−")
                + suffix
        }
        return ProgressReporter.significant(value, 4).replacingOccurrences(of: "-", with: "−")
            .replacingOccurrences(of: "e+0", with: "e").replacingOccurrences(of: "e−0", with: "e−")
    }

    /// A share as a percentage, such as 12.3 %.
    static func percent(_ share: Double) -> String { "\(ProgressReporter.fixed(100 * share, 1)) %" }

    /// A coordinate in a picture, rounded to a hundredth.
    static func place(_ value: Double) -> String {
        let rounded = (value * 100).rounded() / 100
        return rounded == rounded.rounded() ? String(Int(rounded)) : "\(rounded)"
    }
}
