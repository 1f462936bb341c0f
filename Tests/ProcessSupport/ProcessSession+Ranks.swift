import Glibc

extension ProcessSession {
    /// The process of a rank that Open MPI's mpirun started in this session; nil while there is none.
    package func process(ofRank rank: Int) -> Int32? {
        let wanted = Array("OMPI_COMM_WORLD_RANK=\(rank)".utf8)
        return members().first { pid in
            environment(of: pid).split(separator: 0).contains { Array($0) == wanted }
        }
    }

    /// The bytes of the environment a process was started with.
    private func environment(of pid: Int32) -> [UInt8] {
        guard let file = fopen("/proc/\(pid)/environ", "r") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return bytes
    }
}
