import Training

/// A data file that does not exist: a problem of the data, not of the configuration that names it.
public struct MissingDataError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The absolute path.
    package let path: String
    /// The setting that names it, such as "data.train.features".
    package let key: String
    /// Whether `--set data.root=DIR` would move it.
    package let isMovable: Bool
    /// Where the setting was written; nil for the command line.
    package let location: SourceLocation?

    package init(path: String, key: String, isMovable: Bool = true, location: SourceLocation? = nil) {
        self.path = path
        self.key = key
        self.isMovable = isMovable
        self.location = location
    }

    /// The rule for relative paths, in the words of errors about missing files.
    package static let bothWays =
        "paths in a file are relative to it, on the command line to the current folder"

    /// What is missing, where it was looked for, and what to do, always in one line.
    public var description: String {
        let line =
            (location.map { "\($0)\($0.says(key) ? "" : ": \(key)"): no data file, \(path)" }
                ?? "no data file, \(path) (\(key))")
            + ", \(advice); \(Self.bothWays)"
        return String(line.map { $0.isNewline ? "?" : $0 })
    }

    /// The Debian package that has the file, if its folder is that of one of Debian's data packages; else nil.
    package var debianPackage: String? {
        let parts = path.split(separator: "/")
        guard parts.count > 3, parts[..<3] == ["usr", "share", "datasets"] else { return nil }
        return "dataset-\(parts[3])"
    }

    /// What writes the file, if it is one of the texts that recipes read; else nil.
    private var script: String? {
        let texts = ["bible.txt", "languages.tsv"]
        return path.split(separator: "/").last.flatMap {
            texts.contains(String($0)) ? "scripts/text-data" : nil
        }
    }

    /// What to do: install a package, correct the path, or say where the folder is.
    private var advice: String {
        let first =
            debianPackage.map { "install it with \"apt-get install \($0)\"" }
            ?? script.map { "make it with \($0)" } ?? "correct the path"
        return isMovable ? "\(first), or give its folder with --set data.root=DIR" : first
    }
}

extension MissingDataError: StatedError {
    package var exitStatus: ExitStatus { .badData }
}
