import Foundation
import Glibc
import Testing

@testable import Safetensors

@Suite struct FileSystemTests {
    private func writer(_ value: Float) throws -> SafetensorsWriter {
        var writer = SafetensorsWriter()
        try writer.add(name: "x", shape: [1], floats: [value])
        return writer
    }

    private func failure(_ body: () throws -> Void) -> SafetensorsError? {
        do { try body() } catch { return error as? SafetensorsError }
        return nil
    }

    @Test func anOlderFileIsReplacedAndNothingElseRemains() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/weights.safetensors"
        try writer(1).write(to: path)
        try writer(2).write(to: path)
        #expect(try SafetensorsFile.read(path: path).tensor(named: "x") == [2])
        #expect(try folder.names() == ["weights.safetensors"])
    }

    @Test func aNameOfTheLongestLengthCanBeWritten() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/" + String(repeating: "w", count: 255)
        try writer(1).write(to: path)
        #expect(try SafetensorsFile.read(path: path).tensor(named: "x") == [1])
    }

    @Test func aTemporaryFileOfAnEarlierProcessIsLeftAlone() throws {
        let folder = try TemporaryFolder()
        let stale = ".safetensors-\(getpid())-0.tmp"
        let stalePath = try folder.write([1, 2, 3], as: stale)
        try writer(1).write(to: "\(folder.path)/w")
        #expect(try folder.names() == [stale, "w"])
        #expect(try [UInt8](Data(contentsOf: URL(fileURLWithPath: stalePath))) == [1, 2, 3])
    }

    @Test func aFolderInPlaceOfTheFileIsAnErrorThatLeavesNothing() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/w"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(failure { try writer(1).write(to: path) }?.reason == .unwritable)
        #expect(try folder.names() == ["w"])
        #expect(failure { _ = try SafetensorsFile.read(path: path) }?.reason == .unreadable)
    }

    @Test func aMissingFolderIsAnError() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/no/w"
        let error = failure { try writer(1).write(to: path) }
        #expect(error?.reason == .unwritable)
        #expect(error?.description.hasPrefix("\(path): expected to create a file in its folder") == true)
        #expect(failure { _ = try SafetensorsFile.read(path: path) }?.reason == .missing)
    }

    @Test func aFullDiskIsAnError() throws {
        let descriptor = open("/dev/full", O_WRONLY | O_CLOEXEC)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let error = failure { try AtomicFile.write([1, 2, 3], to: descriptor, path: "w") }
        #expect(error?.reason == .unwritable)
        #expect(error?.expected == "to write 3 more bytes")
    }

    @Test func aPipeOrDeviceIsNoFile() throws {
        let folder = try TemporaryFolder()
        let pipe = "\(folder.path)/pipe"
        try #require(mkfifo(pipe, 0o600) == 0)
        #expect(failure { _ = try SafetensorsFile.read(path: pipe) }?.reason == .unreadable)
        #expect(failure { _ = try SafetensorsFile.read(path: "/dev/zero") }?.reason == .unreadable)
    }

    /// A sparse file costs no disk, so its size alone must not cost memory.
    @Test func aSparseFileLargerThanMemoryIsRefused() throws {
        let folder = try TemporaryFolder()
        let size = 1 << 42
        let header = Fixture.file("{\(Fixture.tensor("a", "U8", "\(size)", 0, size))}")
        let path = try folder.write(header, as: "sparse")
        try #require(truncate(path, off_t(header.count + size)) == 0)
        #expect(failure { _ = try SafetensorsFile.read(path: path) }?.reason == .memory)
    }

    @Test func manyWritersOfOneFileLeaveOneWholeFile() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/w"
        try await withThrowingTaskGroup(of: Void.self) { group in
            for value in 0..<8 {
                let writer = try writer(Float(value))
                group.addTask { try writer.write(to: path) }
            }
            try await group.waitForAll()
        }
        let values = try SafetensorsFile.read(path: path).tensor(named: "x")
        #expect(values.count == 1 && (0..<8).contains(values[0]))
        #expect(try folder.names() == ["w"])
    }
}
