import Foundation

/// How paths of a configuration become absolute.
///
/// A path in a file is relative to that file's folder, and one on the command line to the current folder. If there is a
/// `data.root`, it matters which of the two was written further outside: the configuration is innermost, a study that
/// is based on it is around it, and the command line is outermost:
///
/// | path | data.root | looked for |
/// | --- | --- | --- |
/// | relative | none | in the folder of the path's own file |
/// | relative | written at the same place, or further outside | in the root |
/// | relative | written further inside | in the folder of the path's own file; in the root if it exists only there |
/// | absolute, in a configuration whose paths all are | written further outside | in the root, as `MovedFiles` finds it |
/// | absolute | anything else | as it is |
struct FilePaths {
    /// What the configuration was read from.
    private let source: SourceLocation.Source
    private let currentFolder: String
    /// The absolute folder of `data.root`, and where it was written; nil without one.
    private var root: (folder: String, source: SourceLocation.Source)?
    /// The files of a finished run that a root from outside moves; nil if there are none.
    private var moved: MovedFiles?

    init(source: SourceLocation.Source, currentFolder: String) {
        self.source = source
        self.currentFolder = currentFolder
    }

    /// Paths with a `data.root`.
    ///
    /// - Parameters:
    ///   - folder: The root as it was written.
    ///   - place: Where the root was written.
    ///   - files: The configuration's own data files as they were written.
    func inside(_ folder: String, writtenIn place: SourceLocation.Source, files: [String]) -> FilePaths {
        var paths = self
        let absolute = absolute(folder, writtenIn: place)
        paths.root = (absolute, place)
        if rank(place) > 0, areMovable(files) { paths.moved = MovedFiles(root: absolute, paths: files) }
        return paths
    }

    /// The absolute path, without "." and doubled slashes; ".." is kept, because folders may be links.
    func absolute(_ path: String, writtenIn place: SourceLocation.Source) -> String {
        if path.hasPrefix("/") {
            return Self.joined(rank(place) == 0 ? moved?.place(of: path) ?? path : path, to: "/")
        }
        let here = Self.joined(path, to: folder(of: place))
        guard let root else { return here }
        let inRoot = Self.joined(path, to: root.folder)
        if rank(root.source) >= rank(place) { return inRoot }
        let files = FileManager.default
        return !files.fileExists(atPath: here) && files.fileExists(atPath: inRoot) ? inRoot : here
    }

    /// Whether `--set data.root=DIR` would change a path that was written at `place`.
    ///
    /// - Parameter files: The configuration's own data files as they were written.
    func isMovable(_ path: String, writtenIn place: SourceLocation.Source, files: [String]) -> Bool {
        if case .flag = place { return false }
        return !path.hasPrefix("/") || (rank(place) == 0 && areMovable(files))
    }

    /// Whether a place is in the configuration itself, and not in what changes it.
    func isOwn(_ place: SourceLocation.Source) -> Bool { rank(place) == 0 }

    /// Whether all files are absolute, as in the configuration that a run's folder keeps. A root from outside then
    /// means that these files have moved.
    private func areMovable(_ files: [String]) -> Bool {
        !files.isEmpty && files.allSatisfy { $0.hasPrefix("/") }
    }

    /// How far outside the configuration something was written: a study's file changes the configuration, and the
    /// command line changes both.
    private func rank(_ place: SourceLocation.Source) -> Int {
        if case .flag = place { return 2 }
        return place == source ? 0 : 1
    }

    /// The absolute folder that a relative path starts from.
    private func folder(of place: SourceLocation.Source) -> String {
        guard case .file(let path) = place, let slash = path.lastIndex(of: "/") else { return currentFolder }
        return Self.joined(String(path[...slash]), to: currentFolder)
    }

    /// The path with the home folder in place of a leading "~", as in shells.
    static func withHome(_ path: String) -> String {
        guard path == "~" || path.hasPrefix("~/") else { return path }
        return (ProcessInfo.processInfo.environment["HOME"] ?? NSHomeDirectory()) + path.dropFirst()
    }

    /// An absolute path without "." and empty parts.
    private static func joined(_ path: String, to folder: String) -> String {
        let whole = path.hasPrefix("/") ? path : "\(folder)/\(path)"
        return "/" + whole.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }
}
