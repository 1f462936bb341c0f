import Training

/// A data file that is not there: a problem of the data, not of the configuration that names it.
public struct MissingDataError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The absolute path.
    package let path: String
    /// The setting that names it, such as "data.train.features".
    package let key: String
    /// Whether `--set data.root=DIR` would look for it elsewhere.
    package let isMovable: Bool

    /// The file of `key` is not at `path`.
    package init(path: String, key: String, isMovable: Bool = true) {
        self.path = path
        self.key = key
        self.isMovable = isMovable
    }

    /// What relative paths are relative to, as errors about files that are not there say it.
    package static let bothWays =
        "paths in a file are relative to it, on the command line to the current folder"

    /// What is missing, where it was looked for, and what to do, in one line.
    public var description: String {
        let line = "no data file, \(path) (\(key)), \(advice); \(Self.bothWays)"
        return String(line.map { $0.isNewline ? "?" : $0 })
    }

    /// The Debian package that brings the file, if its folder is one that Debian's data packages use.
    package var debianPackage: String? {
        let parts = path.split(separator: "/")
        guard parts.count > 3, parts[..<3] == ["usr", "share", "datasets"] else { return nil }
        return "dataset-\(parts[3])"
    }

    /// What to do: install a package, correct the path, or say where its folder is.
    private var advice: String {
        let first = debianPackage.map { "install it with \"apt-get install \($0)\"" } ?? "correct the path"
        return isMovable ? "\(first), or give its folder with --set data.root=DIR" : first
    }
}

extension MissingDataError: StatedError {
    package var exitStatus: ExitStatus { .badData }
}
