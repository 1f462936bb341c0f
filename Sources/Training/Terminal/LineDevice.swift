import Glibc

/// Where lines for people go: a terminal on which one line is redrawn again and again, or anything else, where every
/// line stays.
package struct LineDevice: Sendable {
    /// The terminal's columns now; nil if lines are plain: in files and batch jobs, and on terminals that cannot
    /// redraw.
    package let columns: @Sendable () -> Int?
    /// Whether colour may be used.
    package let usesColor: Bool
    /// Writes text.
    package let write: @Sendable (String) -> Void

    package init(
        columns: @escaping @Sendable () -> Int?, usesColor: Bool, write: @escaping @Sendable (String) -> Void
    ) {
        self.columns = columns
        self.usesColor = usesColor
        self.write = write
    }

    /// A standard stream, as the environment says: lines are plain on a terminal with TERM=dumb, and NO_COLOR, if it is
    /// not empty, turns colour off (no-color.org).
    ///
    /// - Parameters:
    ///   - isPlain: Whether lines are plain in any case.
    ///   - variable: The value of an environment variable.
    package init(
        _ stream: StandardStream, isPlain: Bool = false, variable: (String) -> String? = Self.variable
    ) {
        let cannotRedraw = isPlain || variable("TERM") == "dumb"
        self.init(
            columns: { cannotRedraw ? nil : stream.columns }, usesColor: (variable("NO_COLOR") ?? "").isEmpty,
            write: { stream.write($0) })
    }

    /// Erases a line that was drawn.
    static let erasing = "\r\u{1b}[K"

    /// What a line on standard error must begin with, because a progress line may be drawn there.
    static var erasingOnError: String { LineDevice(.error).columns() == nil ? "" : erasing }

    /// The value of a variable in this process's environment.
    package static func variable(_ name: String) -> String? {
        getenv(name).flatMap { String(validatingCString: $0) }
    }
}
