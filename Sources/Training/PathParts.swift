/// The parts of a path.
///
/// Foundation's own end the process where the path is one character long, or one and a slash.
package enum PathParts {
    /// The path of the folder that something stands in: "a" of "a/b", "/" of "/b", "" of "b".
    package static func folder(of path: String) -> String {
        let whole = withoutTrailingSlashes(path[...])
        guard let slash = whole.lastIndex(of: "/") else { return "" }
        let folder = withoutTrailingSlashes(whole[..<slash])
        return folder.isEmpty ? "/" : String(folder)
    }

    /// The name that something has in its folder.
    package static func name(of path: String) -> String {
        let whole = withoutTrailingSlashes(path[...])
        guard let slash = whole.lastIndex(of: "/"), whole != "/" else { return String(whole) }
        return String(whole[whole.index(after: slash)...])
    }

    private static func withoutTrailingSlashes(_ path: Substring) -> Substring {
        var path = path
        while path.count > 1, path.last == "/" { path.removeLast() }
        return path
    }
}
