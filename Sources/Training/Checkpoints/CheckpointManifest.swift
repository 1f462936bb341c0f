import Foundation
import Messages

/// What proves a checkpoint whole: every file's size and SHA-256, and its own.
package struct CheckpointManifest: Codable, Sendable, Equatable {
    /// One file of the checkpoint.
    package struct File: Codable, Sendable, Equatable {
        /// Its name in the checkpoint's folder.
        package let name: String
        package let bytes: Int
        /// 64 lower-case hexadecimal digits.
        package let sha256: String
    }

    /// SHA-256 of the manifest without this field.
    package private(set) var digest = ""
    /// All files but the manifest, sorted by name.
    package let files: [File]
    package let format: Int
    /// What the run is; resume refuses a checkpoint of another one.
    package let identity: RunIdentity
    /// What its bytes depend on beside that.
    package let environment: RunEnvironment
    /// Optimizer steps taken.
    package let step: Int

    /// The manifest of `files`.
    init(files: [File], identity: RunIdentity, environment: RunEnvironment, step: Int) throws {
        self.files = files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        format = CheckpointFormat.version
        self.identity = identity
        self.environment = environment
        self.step = step
        digest = try ownDigest()
    }

    /// The file's bytes.
    package func encoded() throws -> [UInt8] { Array(try CheckpointFormat.encoder().encode(self)) }

    /// Reads a manifest of any bytes; `path` is what messages call it.
    ///
    /// Only the one spelling that `encoded` gives is taken, so that no bit of the file can change unnoticed.
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

    /// The file of a name; nil for none.
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
