import Foundation

/// How paths of a configuration become absolute.
struct FilePaths {
    /// The absolute folder that relative paths start from.
    let folder: String

    /// Paths relative to the folder of a configuration file, or to `currentFolder` where there is no file.
    init(source: SourceLocation.Source, currentFolder: String) {
        guard case .file(let path) = source, let slash = path.lastIndex(of: "/") else {
            folder = currentFolder
            return
        }
        folder = Self.joined(String(path[...slash]), to: currentFolder)
    }

    private init(folder: String) { self.folder = folder }

    /// Paths relative to a folder in this one.
    func inside(_ folder: String) -> FilePaths { FilePaths(folder: absolute(folder)) }

    /// The absolute path, without "." and doubled slashes; ".." stays, since folders may be links.
    func absolute(_ path: String) -> String { Self.joined(path, to: folder) }

    /// A path with the home folder, as shells have it, in the place of a leading "~".
    static func withHome(_ path: String) -> String {
        guard path == "~" || path.hasPrefix("~/") else { return path }
        return (ProcessInfo.processInfo.environment["HOME"] ?? NSHomeDirectory()) + path.dropFirst()
    }

    private static func joined(_ path: String, to folder: String) -> String {
        let whole = path.hasPrefix("/") ? path : "\(folder)/\(path)"
        return "/" + whole.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }
}
