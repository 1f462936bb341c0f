import Cluster
import DataParallel
import Foundation
import Glibc
import Safetensors

/// A file of a checkpoint, with its content in this rank's private memory, to be written while training goes on.
package struct CheckpointFile: Sendable {
    /// A part of the content.
    enum Content: Sendable {
        case bytes([UInt8])
        /// Float32 in the byte order of this machine, which must be that of the format.
        case floats(FloatCopy)
        case file(FileInput)
    }

    /// The file's name in the checkpoint's folder.
    package let name: String
    private let content: [Content]

    /// A file of bytes.
    package init(_ name: String, _ bytes: [UInt8]) {
        self.name = name
        content = [.bytes(bytes)]
    }

    /// The same content under another name.
    func named(_ name: String) -> CheckpointFile { CheckpointFile(name: name, content: content) }

    private init(name: String, content: [Content]) {
        self.name = name
        self.content = content
    }

    /// A copy of another file.
    init(_ name: String, copyOf file: FileInput) {
        self.name = name
        content = [.file(file)]
    }

    /// A safetensors file of Float32 tensors and Int64 scalars.
    package init(
        _ name: String, tensors: [(name: String, shape: [Int], values: FloatCopy)],
        scalars: [(name: String, value: Int)] = []
    ) throws {
        self.name = name
        let outline = try SafetensorsOutline(
            tensors.map { ($0.name, .float32, $0.shape) } + scalars.map { ($0.name, .int64, []) }, path: name)
        content =
            [.bytes(outline.header)]
            + outline.order.map { place in
                guard place < tensors.count else {
                    let value = Int64(scalars[place - tensors.count].value)
                    return .bytes((0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) })
                }
                return Self.floats(tensors[place].values)
            }
    }

    /// Writes the file into a folder, waits until it is on disk and returns its entry in the manifest.
    ///
    /// - Parameter step: The step whose checkpoint it belongs to.
    package func write(in folder: String, step: Int = 0) throws -> CheckpointManifest.File {
        let path = "\(folder)/\(name)"
        let descriptor = try FileOutput.create(path)
        defer { close(descriptor) }
        var digest = Digest()
        var count = 0
        func write(_ bytes: UnsafeRawBufferPointer) throws {
            // The digest reads each piece while it is still in cache.
            if count > 0 { FaultPoint.reach(.checkpointWrite, step: step) }
            for start in stride(from: 0, to: bytes.count, by: Self.pieceBytes) {
                let piece = UnsafeRawBufferPointer(
                    rebasing: bytes[start..<min(start + Self.pieceBytes, bytes.count)])
                digest.add(piece)
                try FileOutput.write(piece, to: descriptor, path: path)
            }
            count += bytes.count
        }
        for piece in content {
            switch piece {
            case .bytes(let bytes): try bytes.withUnsafeBytes { try write($0) }
            case .floats(let values): try values.withBytes { try write($0) }
            case .file(let file): try file.forEachPiece { try $0.withUnsafeBytes { try write($0) } }
            }
        }
        FaultPoint.reach(.checkpointWrite, step: step)
        try FileOutput.synchronize(descriptor, path: path)
        return CheckpointManifest.File(name: name, bytes: count, sha256: Digest.text(digest.bytes))
    }

    /// Replaces the file of the same name, which remains complete until then.
    func replace(in folder: String) throws {
        let temporary = ".\(name).\(getpid()).tmp"
        unlink("\(folder)/\(temporary)")
        do {
            _ = try named(temporary).write(in: folder)
            try FileOutput.move("\(folder)/\(temporary)", to: "\(folder)/\(name)")
            try FileOutput.synchronize(folder: folder)
        } catch {
            unlink("\(folder)/\(temporary)")
            throw error
        }
    }

    private static func floats(_ values: FloatCopy) -> Content {
        // A big-endian machine reverses the bytes of every element.
        guard 1.littleEndian == 1 else {
            return .bytes(
                values.withBytes { bytes in bytes.indices.map { bytes[$0 / 4 * 4 + 3 - $0 % 4] } })
        }
        return .floats(values)
    }

    private static let pieceBytes = 1 << 20
}
