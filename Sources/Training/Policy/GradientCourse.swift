/// The norms of the gradient in the first logged steps of a run and in the last ones.
package struct GradientCourse: Codable, Sendable, Equatable {
    /// How many norms are kept of each.
    package static let window = 5

    /// The first norms, and the last of the later ones, the oldest first.
    package private(set) var first: [Double] = []
    package private(set) var last: [Double] = []

    package init() {}

    /// Takes the norm of one more logged step; one that is not finite is ignored.
    package mutating func observe(_ norm: Double) {
        guard norm.isFinite else { return }
        guard first.count == Self.window else { return first.append(norm) }
        if last.count == Self.window { last.removeFirst() }
        last.append(norm)
    }

    /// The mean norms at the start and at the end; nil where too few steps were logged to tell them apart.
    package var means: (start: Double, end: Double)? {
        guard last.count == Self.window else { return nil }
        return (first.reduce(0, +) / Double(Self.window), last.reduce(0, +) / Double(Self.window))
    }

    /// Whether a run can have this course. A file may hold any values.
    package var isPossible: Bool {
        first.count <= Self.window && last.count <= Self.window
            && (first + last).allSatisfy { $0.isFinite && $0 >= 0 }
    }
}
