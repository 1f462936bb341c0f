import Foundation
import Testing

@testable import Training

/// Metrics hold whole lines whatever happens.
@Suite struct MetricsLogTests {
    private func line(_ number: Int) -> JSONLine {
        var line = JSONLine()
        line.add("step", number)
        return line
    }

    @Test func cutToLength() throws {
        let path = NSTemporaryDirectory() + "dtrain-metrics-\(getpid())-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let first = try MetricsLog(path: path, length: 0)
        let done = (1...3).map { first.append(line($0)) }
        #expect(done == [true, true, true])
        let length = first.length / 3
        let second = try MetricsLog(path: path, length: 2 * length)
        #expect(second.append(line(9)))
        #expect(
            try String(contentsOfFile: path, encoding: .utf8) == "{\"step\":1}\n{\"step\":2}\n{\"step\":9}\n")
        // A file that is shorter than a checkpoint says goes on where it ends; no zeros fill the gap.
        let third = try MetricsLog(path: path, length: 1000)
        #expect(third.length == 3 * length && third.append(line(4)))
        #expect(try String(contentsOfFile: path, encoding: .utf8).hasSuffix("9}\n{\"step\":4}\n"))
    }

    /// /dev/full takes no byte: the first lost line is told apart, the others are counted.
    @Test func fullDisk() throws {
        let log = try MetricsLog(path: "/dev/full", length: 0)
        #expect(!log.append(line(1)))
        #expect(log.append(line(2)))
        #expect(log.lost?.lines == 2 && log.length == 0)
        #expect(log.lost?.reason.contains("cannot write 11 bytes to /dev/full: No space left") == true)
    }
}
