import Glibc

/// A place for lines that a person reads: a terminal on which one line is drawn anew again and again, or anything else, where
/// every line stays.
package struct LineDevice: Sendable {
    /// Columns of the terminal, as it is now; nil where lines are plain: in files and batch jobs, and on terminals that cannot
    /// draw anew.
    package let columns: @Sendable () -> Int?
    /// Whether parts of a line may be set off by colour.
    package let usesColor: Bool
    /// Takes text.
    package let write: @Sendable (String) -> Void

    package init(
        columns: @escaping @Sendable () -> Int?, usesColor: Bool, write: @escaping @Sendable (String) -> Void
    ) {
        self.columns = columns
        self.usesColor = usesColor
        self.write = write
    }

    /// A standard stream as the environment says: on a terminal with TERM=dumb lines are plain, and NO_COLOR, if it is not
    /// empty, keeps colour away (no-color.org).
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

    /// What takes away a line that is drawn.
    static let erasing = "\r\u{1b}[K"

    /// What a line on standard error begins with, as on a terminal a line of progress may stand in its place.
    static var erasingOnError: String { LineDevice(.error).columns() == nil ? "" : erasing }

    /// The value of a variable of this process's environment.
    package static func variable(_ name: String) -> String? {
        getenv(name).flatMap { String(validatingCString: $0) }
    }
}
