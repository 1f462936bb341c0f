import DataParallel
import Foundation
import Glibc
import MPI

/// Which ranks see, and can write into, a folder that rank 0 has made: all of them where file systems are shared.
enum FolderVisibility {
    /// Whether each rank sees `folder`; collective.
    ///
    /// - Parameter isHidden: Whether this rank is to do as if it saw nothing.
    static func ranks(_ folder: String, isHidden: Bool, in world: Communicator) throws -> [Bool] {
        // Another machine may have a folder of the same name, so rank 0 leaves something there that no other has.
        let token = try world.broadcast(UInt64.random(in: .min ... .max), root: 0)
        let path = "\(folder)/.token"
        if world.rank == 0 { try? FileOutput.write(Array("\(token)".utf8), to: path) }
        try world.barrier()
        let own = "\(folder)/.rank-\(world.rank)"
        let sees =
            world.rank == 0
            || (!isHidden && FileManager.default.contents(atPath: path) == Data("\(token)".utf8)
                && FileManager.default.createFile(atPath: own, contents: nil))
        unlink(own)
        let all = try world.allGather(sees ? 1 : 0)
        if world.rank == 0 { unlink(path) }
        return all.map { $0 == 1 }
    }
}
