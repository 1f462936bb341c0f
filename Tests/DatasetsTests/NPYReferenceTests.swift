import Foundation
import Testing

@testable import Datasets

/// What NumPy reads of plain and damaged files; see scripts/references/parser_references.py.
///
/// Files that NumPy refuses are refused, and the others have NumPy's shape and values. On purpose, these are refused
/// though NumPy reads them:
/// - arrays in Fortran order, big-endian ones, float16, complex numbers, truth values, texts, dates and structures;
/// - bytes behind the array, which NumPy leaves unread;
/// - headers that NumPy's writer never makes: another order of the keys is fine, but not dictionaries with a key twice, tabs and
///   line feeds between the tokens, comments, prefixed or joined strings, escapes, sizes with signs, underscores or in
///   hexadecimal, "00", sizes that are truth values, numbers for truth values, dtypes without byte order, and headers that
///   do not end in a single line feed;
/// - more than 32 dimensions, of which NumPy has 64.
@Suite struct NPYReferenceTests {
    struct Answer: Decodable {
        struct Read: Decodable {
            let type: String
            let shape: [Int]
            let values: Data
        }

        /// What the file is.
        let note: String
        let file: Data
        /// What NumPy read; nil where it refused.
        let read: Read?
    }

    /// Why dtrain refuses what NumPy reads: the sort of error and what it says.
    static let stricter: [(DataError.Kind, String)] = [
        (.unsupported, "dtype"), (.unsupported, "expected C order, found Fortran order"),
        (.size, "header says"), (.header, "broken .npy header: expected"),
    ]

    static func answers() throws -> [Answer] {
        let folder = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let text = try String(
            contentsOfFile: folder.joined(separator: "/") + "/Data/npy.jsonl", encoding: .utf8)
        return try text.split(separator: "\n").dropFirst().map {
            try JSONDecoder().decode(Answer.self, from: Data($0.utf8))
        }
    }

    @Test func nothingIsReadThatNumPyRefuses() throws {
        var accepted = 0
        var refused = 0
        var reasons: Set<Int> = []
        for answer in try Self.answers() {
            do throws(DataError) {
                let file = try ArrayFile(.memory(name: "file.npy", bytes: Array(answer.file)), format: .npy)
                var values: [UInt8] = []
                try file.readPieces { piece, _ in values += piece }
                accepted += 1
                #expect(answer.read?.type == file.header.scalar.rawValue, "\(answer.note)")
                #expect(answer.read?.shape == file.header.shape, "\(answer.note)")
                #expect(answer.read?.values == Data(values), "\(answer.note)")
            } catch {
                guard answer.read != nil else { continue }
                refused += 1
                let reason = Self.stricter.firstIndex { error.kind == $0 && error.description.contains($1) }
                #expect(reason != nil, "\(answer.note): \(error)")
                if let reason { reasons.insert(reason) }
            }
        }
        // Controls: what is read, what only NumPy reads, and each of the reasons do occur.
        #expect(accepted > 40 && refused > 30, "\(accepted) accepted, \(refused) only by NumPy")
        #expect(reasons.count == Self.stricter.count, "\(reasons)")
    }
}
