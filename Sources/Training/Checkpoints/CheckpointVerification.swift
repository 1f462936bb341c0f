import Foundation
import Messages
import Safetensors

/// Compares a checkpoint's files with its manifest.
package struct CheckpointVerification {
    /// The checkpoint's folder.
    package let path: String
    /// The sizes and digests that its files must have.
    package let manifest: CheckpointManifest
    /// The position of the run.
    package let state: CheckpointState

    /// Reads manifest and state; throws if they do not match.
    package init(_ path: String) throws {
        let manifestPath = "\(path)/\(CheckpointFormat.manifest)"
        guard let file = try FileInput.open(ifExists: manifestPath) else {
            throw TrainingError(
                .badFile, "\(path) has no \(CheckpointFormat.manifest): it is no whole checkpoint")
        }
        let bytes = try file.bytes(atMost: CheckpointFormat.largestManifest)
        let manifest = try CheckpointManifest.parse(bytes, path: manifestPath)
        let statePath = "\(path)/\(CheckpointFormat.state)"
        let stateBytes = try Self.bytes(of: CheckpointFormat.state, in: path, manifest)
        try self.init(path, manifest, try CheckpointState.parse(stateBytes, path: statePath))
    }

    /// The same on a rank that received both from another.
    init(_ path: String, _ manifest: CheckpointManifest, _ state: CheckpointState) throws {
        guard state.position.step == manifest.step else {
            throw TrainingError(.badFile, "\(path) has a state of another step than its manifest")
        }
        self.path = path
        self.manifest = manifest
        self.state = state
    }

    /// Throws unless every file matches the manifest; not collective.
    package func check() throws {
        for file in manifest.files { try check(file.name) }
    }

    /// Throws unless a file matches the manifest; its bytes are not kept.
    func check(_ name: String) throws {
        let (file, expected) = try Self.open(name, in: path, manifest)
        var digest = Digest()
        try file.forEachPiece { $0.withUnsafeBytes { digest.add($0) } }
        guard Digest.text(digest.bytes) == expected.sha256 else { throw Self.damaged(file) }
    }

    /// A safetensors file whose bytes match the manifest.
    func tensors(_ name: String) throws -> SafetensorsFile {
        try SafetensorsFile(
            bytes: try Self.bytes(of: name, in: path, manifest), path: "\(path)/\(name)")
    }

    private static func bytes(of name: String, in path: String, _ manifest: CheckpointManifest) throws
        -> [UInt8]
    {
        let (file, expected) = try open(name, in: path, manifest)
        let bytes = try file.bytes(atMost: expected.bytes)
        var digest = Digest()
        bytes.withUnsafeBytes { digest.add($0) }
        guard Digest.text(digest.bytes) == expected.sha256 else { throw damaged(file) }
        return bytes
    }

    private static func open(
        _ name: String, in path: String, _ manifest: CheckpointManifest
    ) throws -> (FileInput, CheckpointManifest.File) {
        guard let expected = manifest.file(name) else {
            throw TrainingError(.badFile, "\(path) has no \(name)")
        }
        let file = try FileInput("\(path)/\(name)")
        // Checked before anything of that size is read.
        guard file.byteCount == expected.bytes else {
            throw TrainingError(
                .badFile,
                "\(file.path) is damaged: it has \(counted(file.byteCount, "byte")), the manifest says \(expected.bytes)"
            )
        }
        return (file, expected)
    }

    private static func damaged(_ file: FileInput) -> TrainingError {
        TrainingError(.badFile, "\(file.path) is damaged: its SHA-256 is not the manifest's")
    }
}
