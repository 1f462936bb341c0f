import Foundation

/// What may be wrong with a parameter's gradient.
public enum GradientTrouble: String, Sendable {
    case vanishing
    case exploding
}

/// Finds parameters whose gradients vanish or explode.
///
/// A gradient has *vanished* if its root mean square is below `vanishing` times the largest of all parameters: another
/// parameter then gets a million times larger updates. It has *exploded* if its root mean square is above `exploding`
/// times its own geometric mean so far. Each is reported once, after it has lasted for `patience` looks.
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

    /// The share of the largest root mean square below which a gradient has vanished.
    package static let vanishing = 1e-6
    /// The multiple of its own geometric mean above which a gradient has exploded.
    package static let exploding = 1e3
    /// The number of looks in a row for which a problem must last.
    package static let patience = 3

    private var tracks: [Track] = []

    package init() {}

    /// Takes the gradients of one step and returns new findings.
    ///
    /// - Parameter gradients: The name, number of elements and gradient norm of each parameter, always in the same
    ///   order.
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
