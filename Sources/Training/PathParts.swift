/// The parts of a path.
///
/// Foundation's functions for this crash on a path of one character, or of one character and a slash.
package enum PathParts {
    /// The folder that contains something: "a" for "a/b", "/" for "/b", "" for "b".
    package static func folder(of path: String) -> String {
        let whole = withoutTrailingSlashes(path[...])
        guard let slash = whole.lastIndex(of: "/") else { return "" }
        let folder = withoutTrailingSlashes(whole[..<slash])
        return folder.isEmpty ? "/" : String(folder)
    }

    /// The last part of a path.
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
