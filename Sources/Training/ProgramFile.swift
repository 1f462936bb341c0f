import CKernels
import COneDNN
import Cluster
import DataParallel
import Foundation
import MPI

/// The running program and its libraries, which must be the same on every rank.
enum ProgramFile {
    /// Throws on all ranks, naming those that differ, unless all run the same program file and libraries; collective.
    static func check(in world: Communicator) throws {
        let hash = try digest()
        try Agreement.check(
            "the program file", withUnsafeBytes(of: hash) { Array($0) }, in: world,
            advice: "install the same build on every node")
        var libraries = Digest()
        libraries.add(MPIRuntime.libraryVersion)
        libraries.add(String(cString: od_version()))
        try Agreement.check(
            "the version of Open MPI or oneDNN", libraries.bytes, in: world,
            advice: "install the same versions on every node, which dtrain doctor shows")
    }

    /// A hash of the file that this process runs.
    ///
    /// It takes a few milliseconds for 40 MB; a cryptographic hash would delay the start by a tenth of a second.
    static func digest() throws -> UInt64 {
        let path = "/proc/self/exe"
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw TrainingError(.io, "\(path) cannot be read: the program file has to be readable")
        }
        defer { try? file.close() }
        let kernels = dt_kernels_for(dt_isa_detect()).pointee
        var digest = BlockDigest()
        var (block, length) = (0, 0)
        while var bytes = try file.read(upToCount: 1 << 20), !bytes.isEmpty {
            length += bytes.count
            bytes.append(contentsOf: repeatElement(0, count: (4 - bytes.count % 4) % 4))
            let hash = bytes.withUnsafeBytes { bytes in
                bytes.assumingMemoryBound(to: Float.self).baseAddress.map {
                    kernels.hash(Int64(bytes.count / 4), $0)
                }
            }
            digest.add(hash ?? 0, at: block)
            block += 1
        }
        // The length is added so that zeros at the end count.
        digest.add(UInt64(length), at: -1)
        return digest.value
    }
}
