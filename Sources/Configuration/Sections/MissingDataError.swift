/// A data file that is not there: a problem of the data, not of the configuration that names it.
package struct MissingDataError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The absolute path.
    package let path: String
    /// The setting that names it, such as "data.train.features".
    package let key: String

    /// The file of `key` is not at `path`.
    package init(path: String, key: String) {
        self.path = path
        self.key = key
    }

    /// What is missing, where it was looked for, and what to do, in one line.
    package var description: String {
        let line = "no data file, \(path) (\(key)), \(advice)"
        return String(line.map { $0.isNewline ? "?" : $0 })
    }

    /// The Debian package that brings the file, if its folder is one that Debian's data packages use.
    package var debianPackage: String? {
        let parts = path.split(separator: "/")
        guard parts.count > 3, parts[..<3] == ["usr", "share", "datasets"] else { return nil }
        return "dataset-\(parts[3])"
    }

    private var advice: String {
        guard let debianPackage else {
            return "correct the path, or give the folder with --set data.root=DIR"
        }
        return
            "install it with \"apt-get install \(debianPackage)\", or give its folder with --set data.root=DIR"
    }
}
