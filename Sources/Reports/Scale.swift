import Foundation

/// An axis: its range, the places of numbers on it, and its ticks.
struct Scale: Equatable {
    /// The smallest and the largest number on the axis.
    let range: ClosedRange<Double>
    /// Whether the axis is logarithmic.
    let isLogarithmic: Bool
    /// The numbers with a tick, ascending.
    let ticks: [Double]

    /// An axis that contains these finite numbers; nil if there are none.
    ///
    /// - Parameter logarithmicFrom: The axis is logarithmic if all numbers are above 0 and the largest is at least this
    ///   many times the smallest; nil for never.
    init?(_ values: [Double], logarithmicFrom ratio: Double? = nil) {
        guard let least = values.min(), let most = values.max() else { return nil }
        if let ratio, least > 0, most / least >= ratio {
            isLogarithmic = true
            (range, ticks) = Self.logarithmic(least, most)
        } else {
            isLogarithmic = false
            (range, ticks) = Self.linear(least, most)
        }
    }

    /// The place of a number on the axis: 0 at the start, 1 at the end.
    func position(_ value: Double) -> Double {
        let (low, high) = (range.lowerBound, range.upperBound)
        return isLogarithmic ? log(value / low) / log(high / low) : (value - low) / (high - low)
    }

    /// A range from tick to tick, with four to eight ticks at steps of 1, 2 or 5 times a power of ten.
    private static func linear(_ least: Double, _ most: Double) -> (ClosedRange<Double>, [Double]) {
        var (low, high) = (least, most)
        // A single number, or numbers too close for ticks between them, go to the middle.
        if high - low <= max(abs(low), abs(high)) * 1e-9 {
            let room = max(abs(low), abs(high)) * 0.1
            (low, high) = room > 0 ? (low - room, high + room) : (-1, 1)
        }
        let raw = (high - low) / 4
        let power = pow(10, floor(log10(raw)))
        let step = [1, 2, 5, 10].map { $0 * power }.last { $0 <= raw * 1.0000001 } ?? power
        let (first, last) = ((low / step).rounded(.down), (high / step).rounded(.up))
        let ticks = stride(from: first, through: last, by: 1).map { $0 * step }
        return (first * step...last * step, ticks)
    }

    /// Ticks at every power of ten, or every second, third, ...; also at twice and five times each if there are few.
    private static func logarithmic(_ least: Double, _ most: Double) -> (ClosedRange<Double>, [Double]) {
        let decades = log10(most) - log10(least)
        let digits = decades < 3 ? [1.0, 2, 5] : [1]
        let every = max(1, Int((decades / 6).rounded(.up)))
        let first = Int(floor(log10(least)))
        let last = Int(ceil(log10(most)))
        let all = stride(from: first, through: last, by: every).flatMap { power in
            digits.map { $0 * pow(10, Double(power)) }
        }
        let low = all.last { $0 <= least * 1.0000001 } ?? least
        let high = all.first { $0 >= most * 0.9999999 } ?? most
        return (low...high, all.filter { $0 >= low && $0 <= high })
    }
}
