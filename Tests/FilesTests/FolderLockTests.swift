import Foundation
import Synchronization
import Testing

@testable import Files

/// Locks in one process: the kernel tells descriptors apart, and a lease its tokens.
@Suite struct FolderLockTests {
    private let folder =
        NSTemporaryDirectory()
        + "dtrain-lock-\(ProcessInfo.processInfo.processIdentifier)-\(UUID().uuidString)"
    private let times: LockTimes

    init() throws {
        var times = LockTimes()
        (times.renewal, times.expiry, times.patience) = (0.1, 0.6, 5)
        self.times = times
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func remove() { try? FileManager.default.removeItem(atPath: folder) }

    private var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }
    }

    /// Takes the lock that the test has just given up. A process that another test starts at that moment has a copy of the
    /// kernel's lock until it executes its program, so that a first look may find it taken.
    private func take(waits: (LockAttempt.Reason) -> Void = { _ in }) throws -> FolderLock {
        try LockAttempt.take(folder, patience: 60, times: times, waits: waits)
    }

    private func isBusy(patience: Double = 0, waits: () -> Void = {}) -> Bool {
        do {
            _ = try LockAttempt.take(folder, patience: patience, times: times) { _ in waits() }
        } catch LockAttempt.Failure.busy { return true } catch { return false }
        return false
    }

    /// A lease that is on its own, as on a file system without locks.
    private func lease(_ change: (inout LeaseRecord) -> Void = { _ in }) throws -> FolderLock {
        var record = LeaseRecord(.lease)
        change(&record)
        let file = LeaseFile(folder: folder)
        let descriptor = try #require(try file.create(record))
        return FolderLock(nil, missing: nil, file: file, record: record, descriptor: descriptor, times: times)
    }

    @Test func oneAtATime() throws {
        defer { remove() }
        let lock = try take()
        #expect(lock.mechanism == .flock && lock.holds() && lock.seemsHeld)
        #expect(try names == [".lease", ".lock"])
        #expect(isBusy())
        lock.release()
        #expect(try names == [".lock"])
        #expect(try take().holds())
    }

    /// What a run leaves that was killed is taken at once where the kernel has dropped its lock, whatever host it was on.
    @Test func leaseOfADeadHolderOfTheSameLock() throws {
        defer { remove() }
        var record = LeaseRecord(.flock)
        record.owner = ProcessIdentity(host: "other", id: 7, start: 7, machine: "other")
        try Data(record.bytes).write(to: URL(fileURLWithPath: "\(folder)/.lease"))
        let lock = try take { #expect($0 != .silentLease) }
        #expect(lock.holds())
    }

    /// A run that has a lock of the kernel sees one that has but a lease, while that renews it.
    @Test func leaseKeepsOthersOutWhileItIsRenewed() throws {
        defer { remove() }
        let lock = try lease()
        for _ in 0..<3 { #expect(isBusy { lock.renew() }) }
        #expect(lock.holds())
        let next = try take()
        #expect(next.holds() && !lock.holds() && !lock.seemsHeld)
        // The old owner removes nothing that is not its own.
        lock.release()
        #expect(next.holds())
        next.release()
        #expect(try names == [".lock"])
    }

    /// Of the same host's dead process nothing need be waited for.
    @Test func leaseOfADeadProcess() throws {
        defer { remove() }
        let own = ProcessIdentity.own
        let dead = try lease {
            $0.owner = ProcessIdentity(host: own.host, id: own.id, start: own.start + 1, machine: own.machine)
        }
        let next = try LockAttempt.take(folder, times: LockTimes())
        #expect(next.holds() && !dead.holds())
    }

    /// Of many that find a lease expired at the same moment one wins.
    @Test func oneOfManyTakesAnExpiredLease() async throws {
        defer { remove() }
        let expired = try lease()
        let file = LeaseFile(folder: folder)
        let bytes = try #require(try file.read())
        let won = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 {
                group.addTask { try file.replace(bytes, with: LeaseRecord(.lease)) != nil }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(won == 1 && !expired.holds())
        #expect(try names == [".lease"])
    }

    /// Whoever was to take an expired lease and ended in the middle of it stands in nobody's way for long.
    @Test func abandonedClaim() throws {
        defer { remove() }
        try Data(LeaseRecord(.lease).bytes).write(to: URL(fileURLWithPath: "\(folder)/.lease"))
        try Data("half".utf8).write(to: URL(fileURLWithPath: "\(folder)/.lease-claim"))
        let lock = try take()
        #expect(lock.holds())
        #expect(try names == [".lease", ".lock"])
    }

    /// Waiting ends with the other run, and tells why it waits.
    @Test func waitsForTheOther() throws {
        defer { remove() }
        let lock = try take()
        var reasons: [LockAttempt.Reason] = []
        let next = try take { reason in
            reasons.append(reason)
            if reasons.count == 3 { lock.release() }
        }
        #expect(next.holds() && reasons.count >= 3 && reasons.allSatisfy { $0 == .otherRun })
        #expect(isBusy(patience: 0.3))
    }

    /// A run that was stopped for long, and whose lease nobody took, goes on with it.
    @Test func lateOwner() throws {
        defer { remove() }
        let lock = try lease()
        usleep(700_000)
        #expect(lock.seemsHeld && lock.holds())
    }

    /// A folder that was removed under a run is another's once there is one.
    @Test func removedFolder() throws {
        let lock = try take()
        remove()
        #expect(lock.holds())
        lock.renew()
        #expect(lock.holds())
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { remove() }
        let next = try take()
        #expect(next.holds() && !lock.holds())
    }

    @Test func flushing() throws {
        defer { remove() }
        #expect(try DurableFile.flush(folder: folder))
        #expect(throws: SystemError(ENOENT)) { try DurableFile.flush(folder: "\(folder)/none") }
        let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { close(null) }
        #expect(try !DurableFile.flush(null))
        #expect(throws: SystemError(EBADF)) { try DurableFile.flush(-1) }
    }
}
