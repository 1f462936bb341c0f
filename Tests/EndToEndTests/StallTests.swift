import Foundation
import ProcessSupport
import Testing

extension EndToEndTests.Faults {
    /// A rank that stands still at some phase, and what is said of it.
    struct Stall: Sendable, CustomTestStringConvertible {
        let fault: String
        /// The step and operation that the error line names, and what the others wait in.
        let place: String
        let others: String
        var ranks = 3
        /// Steps that an undisturbed part of the run takes before.
        var before: Int?
        var isSharded = false
        /// The rank, from the fault.
        var rank: Substring { fault.split(separator: ":")[1] }
        var testDescription: String { fault }
    }

    static let stalls = [
        Stall(fault: "start:1:*:stop", place: "", others: "starting MPI"),
        Stall(fault: "load:2:*:hang", place: "the start (loading data)", others: "loading data"),
        Stall(
            fault: "resume:1:*:stop", place: "the start (preparing the model)", others: "preparing the model",
            before: 13),
        Stall(fault: "step:1:9:stop", place: "step 9 (computing)", others: "summing statistics"),
        Stall(fault: "step:0:9:hang", place: "step 9 (computing)", others: "summing statistics", ranks: 2),
        Stall(fault: "reduce:2:9:hang", place: "step 9 (computing)", others: "summing gradients, bucket 0"),
        Stall(
            fault: "update:1:9:stop", place: "step 9 (updating parameters)",
            others: "waiting for the ranks of its node", ranks: 4, isSharded: true),
        Stall(fault: "evaluate:2:22:hang", place: "step 22 (evaluating)", others: "evaluating"),
        Stall(fault: "best:0:11:hang", place: "step 33 (writing results)", others: "writing results"),
        Stall(
            fault: "checkpoint_copy:1:8:stop", place: "step 8 (writing a checkpoint)",
            others: "writing a checkpoint"),
        // A writer that hangs is waited for by the next checkpoint.
        Stall(
            fault: "checkpoint_write:0:8:hang", place: "step 11 (writing a checkpoint)",
            others: "writing a checkpoint"),
        Stall(
            fault: "checkpoint_write:2:8:hang", place: "step 11 (writing a checkpoint)",
            others: "writing a checkpoint", isSharded: true),
        Stall(
            fault: "checkpoint_manifest:0:8:hang", place: "step 11 (writing a checkpoint)",
            others: "writing a checkpoint"),
        Stall(fault: "end:0:*:hang", place: "step 33 (writing results)", others: "comparing replicas"),
        Stall(fault: "end:1:*:stop", place: "step 33 (writing results)", others: "comparing replicas"),
    ]

    /// Nobody waits for ever: within five seconds after the stall limit the run is given up with exit code 75 and one line
    /// that names the rank, and what goes on comes to the undisturbed end.
    @Test(arguments: stalls)
    func standstill(_ stall: Stall) throws {
        let data = try TestData()
        defer { data.remove() }
        let arguments = try arguments(data, isSharded: stall.isSharded)
        if let steps = stall.before {
            let part = try DTrainRun.run(2, arguments + ["--steps", "\(steps)"])
            try #require(part.exitCode == 0, "\(part)")
        }
        let began = Date()
        let run = try DTrainRun.run(
            stall.ranks, arguments + ["--set", "training.stall_timeout=2"],
            environment: ["DTRAIN_FAULT": stall.fault])
        #expect(run.exitCode == 75 && !run.timedOut && run.survivors.isEmpty, "\(run)")
        // The run itself takes one second where nothing else runs.
        let seconds = Date().timeIntervalSince(began)
        let slowdown = Promptness.slowdown
        #expect(seconds < (2 + 5 + 5) * slowdown, "\(run)")
        let errors = run.standardError.split(separator: "\n").filter { $0.hasPrefix("dtrain: error: ") }
        let line = errors.first ?? ""
        let name = "dtrain: error: rank \(stall.rank) on host \(StoppedRun.host) has not "
        let since = stall.place.isEmpty ? "been heard of" : "moved since \(stall.place)"
        let many = stall.ranks > 2 ? "\(stall.ranks - 1) other ranks wait" : "1 other rank waits"
        // A watchdog that gets little time looks later.
        let isSaid = (2...Int(5 * slowdown)).contains {
            line.hasPrefix("\(name)\(since) for \($0) s while \(many) (\(stall.others)): ")
        }
        #expect(errors.count == 1 && isSaid, "\(run)")
        #expect(
            stall.place.isEmpty || line.contains("process is stopped") == stall.fault.hasSuffix("stop"),
            "\(line)")
        try expectResume(at: nil, ranks: 2, data, arguments)
    }
}
