import Foundation
import Testing

@testable import Training

/// Metrics hold whole lines whatever happens.
@Suite struct MetricsLogTests {
    /// An event that metrics hold.
    private func event(_ name: String) -> RunEvent {
        .gradients(
            RunEvent.Gradients(step: 1, parameter: name, finding: .vanishing, rootMeanSquare: 0.5))
    }

    @Test func cutToLength() throws {
        let path = NSTemporaryDirectory() + "dtrain-metrics-\(getpid())-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        var warnings: [String] = []
        func log(at length: Int) throws -> MetricsLog {
            let log = MetricsLog(path: path) { warnings.append($0) }
            try log.start(at: length)
            return log
        }
        func names() throws -> [String] {
            try MetricsFile.events(inFile: path).map { event in
                guard case .gradients(let found) = event else { return "" }
                return found.parameter
            }
        }
        let first = try log(at: 0)
        for name in ["a", "b", "c"] { first.take(event(name)) }
        // What metrics do not hold leaves them as they are.
        first.take(.note("nothing"))
        #expect(try names() == ["a", "b", "c"])
        let length = first.position / 3
        let second = try log(at: 2 * length)
        second.take(event("d"))
        #expect(try names() == ["a", "b", "d"] && second.position == 3 * length && warnings.isEmpty)
        // A file that is shorter than a checkpoint says goes on where it ends; no zeros fill the gap.
        let third = try log(at: 1000)
        #expect(third.position == 3 * length)
        #expect(
            warnings == [
                "\(path) has \(3 * length) bytes, the checkpoint counts 1000: earlier lines are missing"
            ])
        third.take(event("e"))
        try third.finish()
        #expect(try names() == ["a", "b", "d", "e"])
    }

    /// /dev/full takes no byte: the first lost line is said, all are counted, and the end of the run is an error.
    @Test func fullDisk() throws {
        var warnings: [String] = []
        let log = MetricsLog(path: "/dev/full") { warnings.append($0) }
        try log.start(at: 0)
        log.take(event("a"))
        log.take(event("b"))
        #expect(log.lost?.count == 2 && log.position == 0 && warnings.count == 1)
        #expect(warnings[0].hasPrefix("metrics are lost, training goes on: cannot write"))
        let error = #expect(throws: TrainingError.self) { try log.finish() }
        #expect(error?.description.contains("lacks 2 lines: ") == true)
        #expect(error?.description.contains("to /dev/full: No space left") == true)
    }

    /// Another run that has taken the folder goes on in the same file.
    @Test func nothingForAnotherRun() throws {
        let path = NSTemporaryDirectory() + "dtrain-metrics-\(getpid())-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        var isOurs = true
        let log = MetricsLog(path: path, mayWrite: { isOurs }) { _ in }
        try log.start(at: 0)
        log.take(event("a"))
        isOurs = false
        log.take(event("b"))
        #expect(try MetricsFile.events(inFile: path) == [event("a")])
    }
}
