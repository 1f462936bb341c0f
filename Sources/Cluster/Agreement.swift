import Foundation
import MPI

/// Work that one rank does for others and whose failure all of them learn.
package enum Agreement {
    /// Gives every rank what rank 0 makes. If rank 0 fails, it throws its error and the others throw `FailedElsewhere`.
    package static func fromRoot<T: Codable>(_ communicator: Communicator, _ body: () throws -> T) throws -> T
    {
        var made: Result<(value: T, bytes: [UInt8]), any Error>?
        if communicator.rank == 0 {
            // A value that cannot be encoded, such as one with a NaN, fails on all ranks, too.
            made = Result {
                let value = try body()
                return (value, Array(try JSONEncoder().encode([value])))
            }
        }
        var bytes = (try? made?.get().bytes) ?? []
        let count = try communicator.broadcast(bytes.count, root: 0)
        if let made, case .failure(let error) = made { throw error }
        guard count > 0 else { throw FailedElsewhere() }
        if communicator.rank != 0 { bytes = Array(repeating: 0, count: count) }
        try communicator.broadcast(&bytes, root: 0)
        if let made { return try made.get().value }
        return try JSONDecoder().decode([T].self, from: Data(bytes))[0]
    }

    /// Gives every rank of a group what its first rank makes; a failure in one group fails on all ranks of the world.
    package static func onFirst<T: Codable>(
        of group: Communicator, in world: Communicator, _ body: () throws -> T
    ) throws -> T {
        var failure: (any Error)?
        var value: T?
        if group.rank == 0 {
            do { value = try body() } catch { failure = error }
        }
        let failed = try world.allReduce(failure == nil ? 0 : 1, .max)
        if let failure { throw failure }
        guard failed == 0 else { throw FailedElsewhere() }
        return try fromRoot(group) {
            guard let value else { throw FailedElsewhere() }
            return value
        }
    }

    /// Every rank's value, in rank order, on every rank; collective.
    package static func gathered<T: Codable>(_ own: T, in world: Communicator) throws -> [T] {
        let bytes = Array(try JSONEncoder().encode([own]))
        let counts = try world.allGather(bytes.count)
        let all = try world.allGather(bytes, counts: counts)
        var start = 0
        return try counts.map { count in
            defer { start += count }
            return try JSONDecoder().decode([T].self, from: Data(all[start..<start + count]))[0]
        }
    }

    /// Throws on all ranks, naming the ones that differ and their hosts, unless all hold the same `digest`; collective.
    ///
    /// - Parameters:
    ///   - what: What the digest is of, such as "the data".
    ///   - digest: The same number of bytes on every rank.
    ///   - advice: What to do if it differs.
    package static func check(_ what: String, _ digest: [UInt8], in world: Communicator, advice: String)
        throws
    {
        let all = try world.allGather(digest)
        let vote = Vote((0..<world.size).map { all[$0 * digest.count..<($0 + 1) * digest.count] })
        guard !vote.isUnanimous else { return }
        let hosts = try gathered(DisagreementError.host, in: world)
        throw DisagreementError(
            what: what, ranks: vote.odd, hosts: vote.odd.map { hosts[$0] }, isDecided: vote.isDecided,
            advice: advice)
    }
}

/// Another rank failed and reports why; this rank ends without a message.
package struct FailedElsewhere: Error {
    package init() {}
}
