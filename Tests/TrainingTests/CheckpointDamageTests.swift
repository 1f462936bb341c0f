import Foundation
import Testing

@testable import Training

/// A checkpoint of which anything is missing or changed is found damaged.
@Suite struct CheckpointDamageTests {
    /// Every byte at which each file can end.
    @Test func truncatedAtEveryByte() throws {
        let tiny = try TinyCheckpoint()
        defer { tiny.remove() }
        try tiny.verify()
        var count = 0
        for name in try tiny.names {
            let whole = try tiny.bytes(name)
            for length in 0..<whole.count {
                try tiny.write(name, Array(whole.prefix(length)))
                #expect(throws: TrainingError.self, "\(name) of \(length) bytes") { try tiny.verify() }
                count += 1
            }
            try tiny.write(name, whole)
        }
        try tiny.verify()
        print("checkpoint: \(count) truncations found")
        #expect(count > 1000)
    }

    /// Every bit of every file, headers and manifest included.
    @Test func everyBitFlipped() throws {
        let tiny = try TinyCheckpoint()
        defer { tiny.remove() }
        var count = 0
        for name in try tiny.names {
            var bytes = try tiny.bytes(name)
            for bit in 0..<bytes.count * 8 {
                bytes[bit / 8] ^= 1 << (bit % 8)
                try tiny.write(name, bytes)
                #expect(throws: TrainingError.self, "\(name), bit \(bit)") { try tiny.verify() }
                bytes[bit / 8] ^= 1 << (bit % 8)
                count += 1
            }
            try tiny.write(name, bytes)
        }
        try tiny.verify()
        print("checkpoint: \(count) flipped bits found")
        #expect(count > 10_000)
    }

    @Test func missingAndForeignFiles() throws {
        let tiny = try TinyCheckpoint()
        defer { tiny.remove() }
        for name in try tiny.names {
            let bytes = try tiny.bytes(name)
            try FileManager.default.removeItem(atPath: "\(tiny.path)/\(name)")
            #expect(throws: TrainingError.self, "without \(name)") { try tiny.verify() }
            // A folder or a pipe in the file's place is an error, too, and nobody waits for its other end.
            try FileManager.default.createDirectory(
                atPath: "\(tiny.path)/\(name)", withIntermediateDirectories: false)
            #expect(throws: TrainingError.self, "a folder \(name)") { try tiny.verify() }
            try FileManager.default.removeItem(atPath: "\(tiny.path)/\(name)")
            #expect(mkfifo("\(tiny.path)/\(name)", 0o600) == 0)
            #expect(throws: TrainingError.self, "a pipe \(name)") { try tiny.verify() }
            try FileManager.default.removeItem(atPath: "\(tiny.path)/\(name)")
            try tiny.write(name, bytes)
        }
        try tiny.verify()
    }

    /// What a manifest with a digest of its own may still not say.
    @Test(arguments: [
        ("../weights.safetensors", 1), ("a/b", 1), ("optimizer-1.safetensors", 1),
        ("optimizer-02.safetensors", 1), ("optimizer-99999999.safetensors", 1), ("..", 1), ("", 1),
        ("best.safetensors", -1), ("best.safetensors", .max),
    ])
    func namesAndSizes(_ name: String, _ bytes: Int) throws {
        let digest = String(repeating: "0", count: 64)
        func manifest(_ more: [CheckpointManifest.File]) throws -> [UInt8] {
            let files = [CheckpointFormat.state, CheckpointFormat.weights].map {
                CheckpointManifest.File(name: $0, bytes: 10, sha256: digest)
            }
            return try CheckpointManifest(
                files: files + more, identity: TinyCheckpoint.identity,
                environment: TinyCheckpoint.environment, step: 3
            ).encoded()
        }
        _ = try CheckpointManifest.parse(manifest([]), path: "m")
        let refused = try manifest([CheckpointManifest.File(name: name, bytes: bytes, sha256: digest)])
        #expect(throws: TrainingError.self) { try CheckpointManifest.parse(refused, path: "m") }
    }

    /// Text that only looks like JSON, deep, long or of other types.
    @Test func hostileText() throws {
        var texts = [
            "", "{", "null", "[]", "{}", "\"", "{\"digest\":1}", "{\"files\":{}}", "1e999", "\u{0}",
            String(repeating: "[", count: 100_000), String(repeating: "{\"a\":", count: 100_000),
            "{\"optimizer\":\"adam\",\"position\":{\"step\":99999999999999999999999}}",
            "{\"optimizer\":\"adam\",\"position\":{\"step\":1.5}}",
            "[" + String(repeating: "1,", count: 300_000) + "1]",
        ]
        texts.append(String(repeating: " ", count: CheckpointFormat.largestState + 1))
        for text in texts {
            let bytes = Array(text.utf8)
            #expect(throws: TrainingError.self) { try CheckpointManifest.parse(bytes, path: "m") }
            #expect(throws: TrainingError.self) { try CheckpointState.parse(bytes, path: "s") }
        }
    }
}
