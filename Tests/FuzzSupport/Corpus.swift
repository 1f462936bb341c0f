import Foundation

/// The files of Tests/Fuzz/Corpus: nasty cases by name, and every input that ever broke a parser.
package struct Corpus {
    /// A file.
    package struct File: Sendable {
        /// Its name in the target's folder.
        package let name: String
        /// Its content.
        package let bytes: [UInt8]
        /// "accepted", or what the error must say; nil for a file that was found lately.
        package let expected: String?
    }

    /// What an input that has just been found starts its file's name with; such files are no seeds, so that the
    /// inputs of a running campaign stay the same.
    static let found = "found-"

    /// The files of a target, in the order of their names.
    package let files: [File]
    /// Names with an expectation but without a file.
    package let missing: [String]
    private let folder: String

    /// Reads the folder of a target; empty where there is none.
    package init(folder corpus: String, target: String) throws {
        folder = "\(corpus)/\(target)"
        let expectations = Self.expectations(of: folder)
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
            .filter { $0 != "expected.txt" }
        var files: [File] = []
        for name in names {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
            files.append(
                File(
                    name: name, bytes: Array(bytes), expected: expectations.first { $0.name == name }?.text))
        }
        self.files = files
        missing = expectations.map(\.name).filter { !names.contains($0) }
    }

    /// The files that inputs start from; large ones, and what inflates to large ones, would only slow them down.
    package var seeds: [[UInt8]] {
        files.filter { !$0.name.hasPrefix(Self.found) && $0.bytes.count <= Mutator.longest / 4 }.map(\.bytes)
    }

    /// Keeps an input that broke a parser; returns its path.
    package func keep(_ input: [UInt8], seed: UInt64, number: UInt64) throws -> String {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let path = "\(folder)/\(Self.found)\(seed)-\(number)"
        try Data(input).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// The lines "NAME: accepted" or "NAME: what the error says" of a folder's expected.txt.
    private static func expectations(of folder: String) -> [(name: String, text: String)] {
        let text = (try? String(contentsOfFile: "\(folder)/expected.txt", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            guard let colon = line.range(of: ": ") else { return nil }
            return (String(line[..<colon.lowerBound]), String(line[colon.upperBound...]))
        }
    }
}
