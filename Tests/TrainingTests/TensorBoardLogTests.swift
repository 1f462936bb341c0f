import Foundation
import Options
import TensorBoard
import Testing

@testable import Training

/// An event file goes on where a checkpoint says, whatever became of it. What it holds is read by TensorBoard itself in
/// EndToEndTests.
@Suite struct TensorBoardLogTests {
    private func log(
        _ run: TemporaryRun, at position: Int, _ warn: @escaping (String) -> Void = { Issue.record("\($0)") }
    ) throws -> TensorBoardLog {
        let log = TensorBoardLog(try TrainingSettings.small(), folder: run.folder, warn)
        try log.start(at: position)
        return log
    }

    private func file(_ run: TemporaryRun) throws -> String {
        let names = TensorBoardLog.fileNames(in: run.folder)
        return try #require(names.count == 1 ? names.first : nil, "\(names)")
    }

    /// The records of the file without their times, their first nine bytes.
    private func records(_ run: TemporaryRun) throws -> [[UInt8]] {
        try run.bytes(file(run)).withUnsafeBytes(EventRecord.contents(of:)).map { Array($0.dropFirst(9)) }
    }

    @Test func goesOnInTheSameFile() throws {
        let run = try TemporaryRun()
        defer { run.remove() }
        let first = try log(run, at: 0)
        first.take(TemporaryRun.step(10))
        first.take(TemporaryRun.epoch(1))
        let position = first.position
        let name = try file(run)
        #expect(try name.hasPrefix("events.out.tfevents.") && position == run.bytes(name).count)
        first.take(TemporaryRun.step(20))
        let whole = try records(run)
        #expect(whole.count == 5)
        // A kill in the middle of a write leaves the beginning of a record.
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: run.path(name)))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data([1, 2, 3]))
        try handle.close()
        let second = try log(run, at: position)
        second.take(TemporaryRun.step(20))
        #expect(try records(run) == whole && file(run) == name)
        #expect(try second.position == run.bytes(name).count)
    }

    /// A file that is shorter than the checkpoint says goes on behind its last whole event; one that is gone is begun anew.
    @Test func lostEvents() throws {
        let run = try TemporaryRun()
        defer { run.remove() }
        var warnings: [String] = []
        let first = try log(run, at: 0)
        for step in 1...3 { first.take(TemporaryRun.step(step)) }
        let whole = try records(run)
        let path = try run.path(file(run))
        try Data(try run.bytes(file(run)).dropLast(1)).write(to: URL(fileURLWithPath: path))
        let second = try log(run, at: first.position) { warnings.append($0) }
        #expect(warnings.count == 1 && warnings[0].hasSuffix("earlier events are missing"), "\(warnings)")
        second.take(TemporaryRun.step(4))
        #expect(try records(run).dropLast() == whole.dropLast())
        try FileManager.default.removeItem(atPath: path)
        let third = try log(run, at: second.position) { warnings.append($0) }
        third.take(TemporaryRun.step(5))
        #expect(try records(run).count == 3 && warnings.count == 2, "\(warnings)")
        // From the start nothing of before stays.
        let fourth = try log(run, at: 0)
        #expect(try records(run).count == 2 && fourth.position > 0)
    }

    /// A full disk costs events and nothing else; that some are lost is said in the end.
    @Test func fullDisk() throws {
        let run = try TemporaryRun()
        defer { run.remove() }
        try FileManager.default.createSymbolicLink(
            atPath: run.path("events.out.tfevents.1.a.2.dtrain"), withDestinationPath: "/dev/full")
        var warnings: [String] = []
        let log = try log(run, at: 0) { warnings.append($0) }
        log.take(TemporaryRun.step(1))
        #expect(log.position == 0 && warnings.count == 1, "\(warnings)")
        let error = #expect(throws: TrainingError.self) { try log.finish() }
        #expect(error?.description.contains("lacks 2 events: cannot write") == true)
    }

    @Test func leavesOfSettings() {
        let value = OptionValue.options([
            NamedOption("name", "adam"), NamedOption("lr", 0.5), NamedOption("betas", [0.5, 0.75]),
            NamedOption("amsgrad", false), NamedOption("seed", .whole(3)), NamedOption("nothing", .none),
            NamedOption("inner", .options([NamedOption("k", 5)])),
        ])
        let leaves = TensorBoardLog.leaves("optimizer", value)
        #expect(
            leaves.map(\.name) == [
                "optimizer.name", "optimizer.lr", "optimizer.betas", "optimizer.amsgrad", "optimizer.seed",
                "optimizer.inner.k",
            ])
        #expect(
            leaves.map(\.value) == [
                .text("adam"), .number(0.5), .text("[0.5, 0.75]"), .flag(false), .number(3), .number(5),
            ])
    }
}
