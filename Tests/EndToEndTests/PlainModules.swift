import Foundation
import ProcessSupport
import Testing

/// The modules that have fault points, as they are compiled for users, who get none.
///
/// Nothing else of the tests' build is without them, and compiling all of it a second time would take as long as the first.
struct PlainModules {
    /// The modules whose code is another with fault points, and what uses those, in the order of their imports.
    private static let names = ["Files", "FixedTree", "Cluster", "DataParallel", "Training"]
    /// What takes a file of the tests' own build as its argument.
    private static let outputs: Set = ["-emit-module-path", "-output-file-map", "-index-store-path"]
    /// What decides on fault points, and on outputs that nobody needs.
    private static let omitted: Set = [
        "-DFAULT_INJECTION", "-c", "-emit-dependencies", "-parseable-output", "-serialize-diagnostics",
    ]

    /// Where they are written.
    let folder: String

    /// Compiles each, as far as errors are looked for, with the command that the package manager has for it.
    ///
    /// - Parameter manifest: The package manager's file of commands.
    func compile(manifest: String) throws {
        let lines = try String(contentsOfFile: manifest, encoding: .utf8).split(separator: "\n")
        for name in Self.names {
            let start = try #require(
                lines.firstIndex { $0.hasPrefix("    description: \"Compiling Swift Module '\(name)'") })
            let line = try #require(lines[start...].first { $0.hasPrefix("    args: ") })
            let command = try JSONDecoder().decode(
                [String].self, from: Data(line.dropFirst("    args: ".count).utf8))
            let result = try ProcessRun.run(
                command[0],
                ["-I", folder] + options(of: command) + [
                    "-Onone", "-emit-module-path", "\(folder)/\(name).swiftmodule",
                ],
                timeLimit: Promptness.patience)
            try #require(result.exitCode == 0, "\(name): \(result)")
        }
    }

    // A command's options without those that are left out.
    private func options(of command: [String]) -> [String] {
        var kept: [String] = []
        var words = command.dropFirst().makeIterator()
        while let word = words.next() {
            if Self.outputs.contains(word) {
                _ = words.next()
            } else if !Self.omitted.contains(word) {
                kept.append(word)
            }
        }
        return kept
    }
}
