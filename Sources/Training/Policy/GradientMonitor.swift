import Foundation

/// What can be wrong with a parameter's gradient.
public enum GradientTrouble: String, Sendable {
    case vanishing
    case exploding
}

/// Names parameters whose gradients vanish or explode.
///
/// A gradient has *vanished* where its root mean square is below `vanishing` times the largest of all parameters: the
/// update of something else is then a million times larger. It has *exploded* where its root mean square is above
/// `exploding` times its own mean so far. Either is reported once, when it has lasted for `patience` looks.
package struct GradientMonitor: Codable, Sendable, Equatable {
    /// A parameter's trouble.
    package struct Finding: Sendable, Equatable {
        /// The parameter's name.
        package let parameter: String
        package let kind: GradientTrouble
        /// The root mean square of its gradient.
        package let rootMeanSquare: Double
    }

    private struct Track: Codable, Sendable, Equatable {
        var looks = 0
        var meanOfLogarithms = 0.0
        var vanished = 0
        var exploded = 0
    }

    /// Below this part of the largest root mean square a gradient counts as vanished.
    package static let vanishing = 1e-6
    /// Above this multiple of its own geometric mean a gradient counts as exploded.
    package static let exploding = 1e3
    /// Looks in a row that something must last.
    package static let patience = 3

    private var tracks: [Track] = []

    package init() {}

    /// Looks at the gradients of one step.
    ///
    /// - Parameter gradients: Each parameter's name, number of elements and norm of its gradient, always in one order.
    package mutating func look(
        _ gradients: [(name: String, count: Int, norm: Double)]
    ) -> [Finding] {
        if tracks.isEmpty { tracks = Array(repeating: Track(), count: gradients.count) }
        guard tracks.count == gradients.count else { return [] }
        let sizes = gradients.map { $0.norm / Double(max(1, $0.count)).squareRoot() }
        let largest = sizes.filter(\.isFinite).max() ?? 0
        var findings: [Finding] = []
        for (place, size) in sizes.enumerated() {
            let hasVanished = size <= Self.vanishing * largest && largest > 0
            tracks[place].vanished = hasVanished ? tracks[place].vanished + 1 : 0
            let usual = exp(tracks[place].meanOfLogarithms)
            let hasExploded =
                tracks[place].looks >= Self.patience && !(size <= Self.exploding * usual)
            tracks[place].exploded = hasExploded ? tracks[place].exploded + 1 : 0
            if size > 0, size.isFinite, !hasExploded {
                tracks[place].looks += 1
                tracks[place].meanOfLogarithms +=
                    (log(size) - tracks[place].meanOfLogarithms) / Double(tracks[place].looks)
            }
            for (kind, looks) in [
                (GradientTrouble.vanishing, tracks[place].vanished), (.exploding, tracks[place].exploded),
            ] where looks == Self.patience {
                findings.append(
                    Finding(parameter: gradients[place].name, kind: kind, rootMeanSquare: size))
            }
        }
        return findings
    }
}
