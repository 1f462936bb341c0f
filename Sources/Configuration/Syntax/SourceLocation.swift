/// Where a piece of configuration was written.
package struct SourceLocation: Sendable, Hashable, CustomStringConvertible {
    /// What the piece was read from.
    package enum Source: Sendable, Hashable {
        /// A file, by the path the user gave.
        case file(String)
        /// A built-in recipe, by its name.
        case recipe(String)
        /// A command-line flag whose value is the piece, such as "--set".
        case flag(String)

        /// The name for the default output folder: that of the file without folders and extension, or that of the
        /// recipe; nil for a flag.
        package var runName: String? {
            switch self {
            case .file(let path):
                let file = path.split(separator: "/").last.map(String.init) ?? path
                let stem = file.split(separator: ".", omittingEmptySubsequences: false).dropLast()
                    .joined(separator: ".")
                return stem.isEmpty ? file : stem
            case .recipe(let name): return name
            case .flag: return nil
            }
        }
    }

    package let source: Source
    /// The line, counted from 1; nil for the source as a whole and for a flag's value.
    package let line: Int?

    package init(_ source: Source, line: Int? = nil) {
        self.source = source
        self.line = line
    }

    /// The location as an error starts with it: "config.yaml:7", "recipe fashion-cnn, line 3" or "--set".
    package var description: String {
        switch (source, line) {
        case (.file(let path), let line?): "\(path):\(line)"
        case (.file(let path), nil): path
        case (.recipe(let name), let line?): "recipe \(name), line \(line)"
        case (.recipe(let name), nil): "recipe \(name)"
        case (.flag(let flag), _): flag
        }
    }
}
