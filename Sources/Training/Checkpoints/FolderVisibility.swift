import DataParallel
import Foundation
import Glibc
import MPI

/// Which ranks can see and write a folder that rank 0 has made: all of them on a shared file system.
enum FolderVisibility {
    /// For each rank, whether it can see and write `folder`; collective.
    ///
    /// - Parameter isHidden: Whether this rank must behave as if it could not see the folder.
    static func ranks(_ folder: String, isHidden: Bool, in world: Communicator) throws -> [Bool] {
        // Another machine may have a folder with the same name, so rank 0 puts a random token into it.
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
