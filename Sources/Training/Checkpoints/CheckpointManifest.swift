import Foundation
import Messages

/// The list by which a checkpoint is known to be complete: size and SHA-256 of every file, and of itself.
package struct CheckpointManifest: Codable, Sendable, Equatable {
    /// One file of the checkpoint.
    package struct File: Codable, Sendable, Equatable {
        /// The file's name in the checkpoint's folder.
        package let name: String
        package let bytes: Int
        /// 64 lower-case hexadecimal digits.
        package let sha256: String
    }

    /// SHA-256 of the manifest with this field empty.
    package private(set) var digest = ""
    /// All files except the manifest, sorted by name.
    package let files: [File]
    package let format: Int
    /// The identity of the run; resume refuses a checkpoint of another run.
    package let identity: RunIdentity
    /// What the bytes depend on besides the identity.
    package let environment: RunEnvironment
    /// The number of optimizer steps taken.
    package let step: Int

    init(files: [File], identity: RunIdentity, environment: RunEnvironment, step: Int) throws {
        self.files = files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        format = CheckpointFormat.version
        self.identity = identity
        self.environment = environment
        self.step = step
        digest = try ownDigest()
    }

    /// The bytes of `manifest.json`.
    package func encoded() throws -> [UInt8] { Array(try CheckpointFormat.encoder().encode(self)) }

    /// Reads a manifest from any bytes; `path` is for messages.
    ///
    /// Only the exact bytes that `encoded` writes are accepted, so that no bit of the file can change unnoticed.
    package static func parse(_ bytes: [UInt8], path: String) throws -> CheckpointManifest {
        func damaged(_ what: String) -> TrainingError { TrainingError(.badFile, "\(path) \(what)") }
        guard bytes.count <= CheckpointFormat.largestManifest else {
            throw damaged(
                "has \(counted(bytes.count, "byte")), a manifest has at most \(CheckpointFormat.largestManifest)"
            )
        }
        let manifest: CheckpointManifest
        do {
            manifest = try CheckpointFormat.decoder().decode(CheckpointManifest.self, from: Data(bytes))
        } catch {
            throw damaged("is no manifest")
        }
        guard try manifest.encoded() == bytes, try manifest.ownDigest() == manifest.digest else {
            throw damaged("is damaged: its digest is not that of its content")
        }
        guard manifest.format == CheckpointFormat.version else {
            throw TrainingError(
                .foreignFormat,
                "\(path) is of format \(manifest.format), this program reads \(CheckpointFormat.version): use the version it was written with, or start anew with --overwrite"
            )
        }
        if let problem = manifest.problem { throw damaged("holds \(problem)") }
        return manifest
    }

    /// The entry of a file; nil if there is none.
    package func file(_ name: String) -> File? { files.first { $0.name == name } }

    /// The files of optimizer state.
    var optimizerFiles: [File] { files.filter { CheckpointFormat.isOptimizer($0.name) } }

    private var problem: String? {
        guard step >= 0 else { return "step \(step)" }
        guard files.count <= CheckpointFormat.mostFiles else { return counted(files.count, "file") }
        for (file, next) in zip(files, files.dropFirst())
        where !file.name.utf8.lexicographicallyPrecedes(next.name.utf8) {
            return "names twice or out of order"
        }
        let others = [CheckpointFormat.weights, CheckpointFormat.best, CheckpointFormat.state]
        var total = 0
        for file in files {
            guard others.contains(file.name) || CheckpointFormat.isOptimizer(file.name) else {
                return "a file name that checkpoints do not have"
            }
            let (sum, overflow) = total.addingReportingOverflow(file.bytes)
            guard file.bytes >= 0, !overflow else { return "a size that no file has" }
            total = sum
            guard file.sha256.utf8.count == 64,
                file.sha256.utf8.allSatisfy({
                    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
                })
            else { return "a SHA-256 that is none" }
        }
        guard file(CheckpointFormat.weights) != nil else { return "no weights" }
        guard let state = file(CheckpointFormat.state), state.bytes <= CheckpointFormat.largestState else {
            return "no usable state"
        }
        return nil
    }

    private func ownDigest() throws -> String {
        var plain = self
        plain.digest = ""
        return Digest.ofFile(Data(try plain.encoded()))
    }
}
