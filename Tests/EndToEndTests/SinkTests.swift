import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Sinks of a Swift program's own: what they take across a resume, and how they stop a run.
    @Suite struct Sinks {
        private func lines(_ path: String) throws -> [Int] {
            try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").compactMap { Int($0) }
        }

        private func run(
            _ ranks: Int, _ data: TestData, _ options: [String], fault: String? = nil
        ) throws -> ProcessResult {
            try MPIRun.run(
                ranks: ranks, executable: try BuiltExecutable.path("training-controls"),
                arguments: ControlledRun.arguments(
                    data, "mlp", ["batch=8", "log=1", "epochs=2"] + options, output: data.path("run")),
                environment: fault.map { ["DTRAIN_FAULT": $0] } ?? [:])
        }

        /// A run that is killed, and goes on at another number of ranks, hands its sink every step once: what the sink had
        /// taken behind the checkpoint is cut off, as the metrics are.
        @Test func everyStepOnce() throws {
            let data = try TestData()
            defer { data.remove() }
            let options = ["sink=\(data.path("steps.txt"))", "every_steps=3"]
            let killed = try run(2, data, options, fault: "step:1:12:kill")
            #expect(killed.exitCode != 0)
            let before = try lines(data.path("steps.txt"))
            #expect(before == Array(1...11), "\(before)")
            let resumed = try run(3, data, options + ["resume=true"])
            try #require(resumed.exitCode == 0, "\(resumed)")
            // The checkpoint of step 6 stands, as that of step 9 waited for it.
            let place = resumed.standardOutput.split(separator: "\n").first {
                $0.contains("resuming at step ")
            }
            #expect(["6", "9"].contains { place?.contains("resuming at step \($0) ") == true }, "\(resumed)")
            #expect(try lines(data.path("steps.txt")) == Array(1...36))
            // A run that begins anew lets nothing of another stand.
            let again = try run(1, data, options)
            try #require(again.exitCode == 0, "\(again)")
            #expect(try lines(data.path("steps.txt")) == Array(1...36))
        }

        /// A callback stops all ranks with a checkpoint; the run that goes on has the bytes of one that never stopped.
        @Test func stopsFromACallback() throws {
            let data = try TestData()
            defer { data.remove() }
            let stopped = try run(2, data, ["stop_at=5", "epochs=40"])
            try #require(stopped.exitCode == 0, "\(stopped)")
            let text = try #require(
                stopped.standardOutput.split(separator: "\n").first {
                    $0.hasPrefix("preempted at step ")
                }, "\(stopped)")
            // At the latest the end of the epoch is a moment of control.
            let step = try #require(Int(text.split(separator: " ")[3].dropLast()))
            #expect(
                (5...18).contains(step)
                    && !FileManager.default.fileExists(atPath: data.path("run/weights.safetensors")))
            let resumed = try run(3, data, ["resume=true", "epochs=40"])
            try #require(resumed.exitCode == 0, "\(resumed)")
            #expect(resumed.standardOutput.contains("resuming at step \(step) "), "\(resumed)")
            let whole = try ControlledRun.run(
                1, data, "mlp", ["batch=8", "log=1", "epochs=40"], output: "whole")
            #expect(
                try Data(contentsOf: URL(fileURLWithPath: data.path("run/weights.safetensors")))
                    == whole.weights)
            #expect(try DTrainRun.results(data.path("run")) == DTrainRun.results(data.path("whole")))
        }
    }
}
