import Foundation
import Testing

@testable import Training

/// What is taken for a killed run's, in folders that stand for /dev/shm and /tmp.
@Suite struct StaleSegmentsTests {
    /// A machine called "box".
    private final class Machine {
        let folder = NSTemporaryDirectory() + "dtrain-stale-\(UUID().uuidString)"
        var memory: String { "\(folder)/shm" }
        /// A process id above Linux's limit, which no process has.
        static let nobody = 4_194_305

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        /// Writes a file an hour ago.
        @discardableResult
        func write(_ name: String, age: Double = 3600) throws -> String {
            let path = "\(folder)/\(name)"
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data(repeating: 1, count: 4096).write(to: URL(fileURLWithPath: path))
            try makeOld(name, age)
            return path
        }

        func makeOld(_ name: String, _ age: Double = 3600) throws {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: "\(folder)/\(name)")
        }

        func found(user: UInt32 = getuid()) -> StaleSegments {
            StaleSegments(sharedMemory: memory, temporary: folder, host: "box", user: user)
        }
    }

    @Test func segmentsOfDeadJobs() throws {
        let machine = Machine()
        let user = getuid()
        let stale = try [
            "shm/osc_sm.box.5a400001.0.7", "shm/osc_sm.box.example.org.5a400001.2.11",
            "shm/vader_segment.box.\(user).5a0e0001.0", "shm/vader_segment.box.\(user).5a0e0001.1",
        ].map { try machine.write($0) }
        // New ones may not be mapped yet; others are not of a job of this machine.
        try machine.write("shm/vader_segment.box.\(user).5a0e0002.0", age: 0)
        for name in [
            "vader_segment.other.\(user).5a0e0003.0", "vader_segment.box.\(user).zzz.0", "vader_segment.box",
            "osc_sm.box2.5a400001.0.7", "sem.mutex", "vader_segment_box.0.1.2",
        ] {
            try machine.write("shm/\(name)")
        }
        try FileManager.default.createSymbolicLink(
            atPath: "\(machine.memory)/vader_segment.box.\(user).5a0e0004.0",
            withDestinationPath: "\(machine.memory)/sem.mutex")
        let found = machine.found()
        #expect(found.items.map(\.path) == stale && found.byteCount == 4 * 4096)
        #expect(found.remove().map(\.path) == stale && machine.found().items.isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: machine.memory).count == 8)
    }

    /// A living process keeps all segments of its job, those it has not mapped as well.
    @Test func mappedSegments() throws {
        let machine = Machine()
        let user = getuid()
        let mapped = try machine.write("shm/vader_segment.box.\(user).11110001.0")
        try machine.write("shm/vader_segment.box.\(user).11110001.1")
        try machine.write("shm/osc_sm.box.11110001.0.7")
        let other = try machine.write("shm/vader_segment.box.\(user).22220001.0")
        let data = try Data(contentsOf: URL(fileURLWithPath: mapped), options: .alwaysMapped)
        withExtendedLifetime(data) { #expect(machine.found().items.map(\.path) == [other]) }
    }

    @Test func othersAreLeftAlone() throws {
        let machine = Machine()
        try machine.write("shm/vader_segment.box.\(getuid() + 1).33330001.0")
        try machine.write("ompi.box.\(getuid() + 1)/pid.\(Machine.nobody)/contact.txt")
        // The files are this user's: to the other they are somebody else's.
        #expect(machine.found(user: getuid() + 1).items.isEmpty)
    }

    @Test func sessionFolders() throws {
        let machine = Machine()
        let sessions = "ompi.box.\(getuid())"
        for name in [
            "pid.\(Machine.nobody)", "pid.\(getpid())", "pid.\(Machine.nobody + 1)", "jf.1", "pid.x",
        ] {
            try machine.write("\(sessions)/\(name)/store/segment")
            try machine.makeOld("\(sessions)/\(name)")
        }
        // The process that led the job is gone, but one of its ranks is not.
        let segment = "\(machine.folder)/\(sessions)/pid.\(Machine.nobody + 1)/store/segment"
        let data = try Data(contentsOf: URL(fileURLWithPath: segment), options: .alwaysMapped)
        withExtendedLifetime(data) {
            #expect(
                machine.found().items.map(\.path) == ["\(machine.folder)/\(sessions)/pid.\(Machine.nobody)"])
            #expect(machine.found().remove().count == 1)
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: "\(machine.folder)/\(sessions)")
        #expect(left.count == 4)
    }
}
