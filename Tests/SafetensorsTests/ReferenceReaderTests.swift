import Foundation
import Safetensors
import Testing

/// What the reference implementation reads of plain and damaged files; see scripts/references/parser_references.py.
///
/// Files that it refuses are refused, and the others have its names, types, shapes and bytes. On purpose, these are
/// refused though the reference implementation reads them:
/// - names and keys that stand twice, of which it takes the last; names that are equal after normalization;
/// - empty names, and names with "/", "..", control characters or line separators;
/// - types that dtrain has no use for: complex numbers and those of 8 bits and fewer that are no integers;
/// - keys in a tensor beside dtype, shape and data_offsets, and lists in the place of its object;
/// - null for the metadata; white space other than spaces behind the header;
/// - more than 64 dimensions, and shapes of no bytes whose other sizes overflow;
/// - empty tensors inside others or past the data.
@Suite struct ReferenceReaderTests {
    struct Answer: Decodable {
        struct Tensor: Decodable {
            let name, type: String
            let shape: [Int]
            let values: Data
        }

        /// What the file is.
        let note: String
        let file: Data
        /// The tensors that the reference implementation read; nil where it refused.
        let read: [Tensor]?
    }

    /// Why dtrain refuses what the reference implementation reads.
    static let stricter: Set<SafetensorsError.Reason> = [
        .duplicateName, .unusableName, .unknownType, .malformedHeader, .overflow, .hole, .overlap,
    ]

    static func answers() throws -> [Answer] {
        let path = Fixture.path("x").replacing("x.safetensors", with: "safetensors.jsonl")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        return try text.split(separator: "\n").dropFirst().map {
            try JSONDecoder().decode(Answer.self, from: Data($0.utf8))
        }
    }

    @Test func nothingIsReadThatTheReferenceRefuses() throws {
        var accepted = 0
        var reasons: Set<SafetensorsError.Reason> = []
        for answer in try Self.answers() {
            do throws(SafetensorsError) {
                let file = try SafetensorsFile(bytes: Array(answer.file))
                accepted += 1
                #expect(answer.read?.count == file.tensors.count, "\(answer.note)")
                for (entry, wanted) in zip(file.tensors, answer.read ?? []) {
                    #expect(entry.name == wanted.name && entry.type.rawValue == wanted.type, "\(answer.note)")
                    #expect(entry.shape == wanted.shape, "\(answer.note)")
                    #expect(try Data(file.bytes(named: entry.name)) == wanted.values, "\(answer.note)")
                }
            } catch {
                guard answer.read != nil else { continue }
                #expect(Self.stricter.contains(error.reason), "\(answer.note): \(error)")
                reasons.insert(error.reason)
            }
        }
        // Controls: what is read, and what only the reference implementation reads, do occur.
        #expect(accepted > 25, "\(accepted) accepted")
        #expect(reasons.count > 3, "\(reasons)")
    }
}
