import ArgumentParser

/// What is told about a command beside its abstract and its options: help shows the beginning, the manual page all.
struct CommandManual {
    /// A command line, and what it does in a few words.
    struct Example {
        let line: String
        let does: String

        init(_ line: String, _ does: String) { (self.line, self.does) = (line, does) }
    }

    /// A file that the command reads or writes, and what it holds.
    struct File {
        let name: String
        let holds: String

        init(_ name: String, _ holds: String) { (self.name, self.holds) = (name, holds) }
    }

    /// Paragraphs that help shows, too.
    var about: [String] = []
    /// Paragraphs of the manual page alone.
    var details: [String] = []
    /// Examples, the commonest first; help shows three.
    var examples: [Example] = []
    /// Files with fixed names.
    var files: [File] = []

    /// What help prints between the abstract and the usage.
    var help: String {
        let shown = examples.prefix(3)
        let width = shown.map(\.line.count).max() ?? 0
        let lines = shown.map { "  \($0.line.padding(to: width))  # \($0.does)" }
        return (about + (lines.isEmpty ? [] : [lines.joined(separator: "\n")])).joined(separator: "\n\n")
    }
}

/// A command that the manual pages describe.
protocol DescribedCommand: ParsableCommand {
    /// What is told about it.
    static var manual: CommandManual { get }
}

extension String {
    /// The string with blanks behind it up to a width.
    func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
