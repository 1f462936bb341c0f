/// The files of a data set that `--set data.root=DIR` would look for elsewhere.
///
/// Two configurations that name the same files are equal, however their paths were written.
struct MovablePaths: Sendable, Equatable {
    /// The absolute paths.
    private(set) var paths: Set<String> = []

    /// Adds a path.
    mutating func insert(_ path: String) { paths.insert(path) }

    /// Whether a path is among them.
    func contains(_ path: String) -> Bool { paths.contains(path) }

    static func == (a: MovablePaths, b: MovablePaths) -> Bool { true }
}
