import Messages

/// Where a piece of configuration was written.
package struct SourceLocation: Sendable, Hashable, CustomStringConvertible {
    /// What the piece was read from.
    package enum Source: Sendable, Hashable {
        /// A file, by the path the user gave.
        case file(String)
        /// A built-in recipe, by its name.
        case recipe(String)
        /// A command-line flag whose value is the piece, such as "--set", with that value where messages repeat it, as
        /// "training.batch=32".
        case flag(String, String? = nil)

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

    /// The location as an error starts with it: "config.yaml:7", "recipe fashion-cnn, line 3" or "--set
    /// training.batch=32".
    package var description: String {
        switch (source, line) {
        case (.file(let path), let line?): "\(path):\(line)"
        case (.file(let path), nil): path
        case (.recipe(let name), let line?): "recipe \(name), line \(line)"
        case (.recipe(let name), nil): "recipe \(name)"
        case (.flag(let flag, let value?), _): "\(flag) \(Self.shortened(value))"
        case (.flag(let flag, nil), _): flag
        }
    }

    /// Whether the location says the key, so that an error need not repeat it: "--set training.batch=32" says
    /// "training.batch", and so does "--batch 32".
    func says(_ key: String) -> Bool {
        guard case .flag(let flag, let value?) = source else { return false }
        return flag == "--set"
            ? value.hasPrefix("\(key)=") : key.split(separator: ".").last == flag.dropFirst(2)
    }

    /// A flag's value as a shell reads it, cut to a readable length.
    private static func shortened(_ value: String) -> String {
        ShellWord.quoted(value.count > 60 ? "\(value.prefix(60))..." : value)
    }
}
