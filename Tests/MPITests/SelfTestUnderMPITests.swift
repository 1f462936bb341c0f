import ProcessSupport
import Testing

/// The self test's executable under mpirun: its checks at several rank counts, and the controls that must fail.
@Suite(.serialized)
struct SelfTestUnderMPITests {
    /// Rank counts times count limits: none, one that cuts most messages, and one element at a time.
    static let runs = [1, 2, 3, 4].flatMap { ranks in [nil, 7, 1].map { Run(ranks: ranks, limit: $0) } }

    /// One way to run the self test.
    struct Run: Sendable, CustomStringConvertible {
        var ranks: Int
        var limit: Int?
        var description: String { "\(ranks) ranks, limit \(limit.map { "\($0)" } ?? "none")" }
    }

    private func selfTest(ranks: Int, _ arguments: [String]) throws -> ProcessResult {
        try MPIRun.run(
            ranks: ranks, executable: BuiltExecutable.path("mpi-selftest"), arguments: arguments,
            environment: ["SWIFT_BACKTRACE": "enable=no"], timeLimit: Promptness.patience)
    }

    @Test("all checks pass", arguments: runs)
    func passes(_ run: Run) throws {
        let result = try selfTest(ranks: run.ranks, run.limit.map { ["--limit", "\($0)"] } ?? [])
        #expect(result.exitCode == 0, "\(result)")
        #expect(
            result.standardOutput.contains("self test passed: 25 checks on \(run.ranks) ranks"), "\(result)")
        #expect(!result.timedOut, "\(result)")
        #expect(result.survivors.isEmpty, "\(result)")
    }

    @Test("without mpirun there is one rank")
    func passesAlone() throws {
        let result = try ProcessRun.run(
            BuiltExecutable.path("mpi-selftest"), [], timeLimit: Promptness.patience)
        #expect(result.exitCode == 0, "\(result)")
        #expect(result.standardOutput.contains("on 1 ranks"), "\(result)")
    }

    @Test(
        "a check made wrong fails the run and is named",
        arguments: ["all reduce", "request set", "shared flags"])
    func negativeControl(_ name: String) throws {
        let result = try selfTest(ranks: 3, ["--wrong", name])
        #expect(result.exitCode == 1, "\(result)")
        #expect(
            result.standardError.contains(
                "rank 2 of 3: FAILED: \(name): a claim made wrong: found 1, expected 2"), "\(result)")
        #expect(!result.standardOutput.contains("self test passed"), "\(result)")
        #expect(!result.timedOut, "\(result)")
    }

    @Test(
        "abort codes arrive, forced into 1...125",
        arguments: [(75, 75), (1, 1), (125, 125), (0, 1), (256, 125), (-3, 1)] as [(Int, Int32)])
    func abortCode(_ asked: Int, _ arrives: Int32) throws {
        let result = try selfTest(ranks: 2, ["--abort", "\(asked)"])
        #expect(result.exitCode == arrives, "\(result)")
        #expect(!result.timedOut, "\(result)")
    }

    @Test("a request dropped without waiting traps with a message that says so")
    func droppedRequest() throws {
        let result = try selfTest(ranks: 2, ["--drop"])
        #expect(result.exitCode > 128, "\(result)")
        #expect(
            result.standardError.contains("a pending MPI_Irecv was dropped on rank 0 of 2 without wait()"),
            "\(result)")
        #expect(!result.timedOut, "\(result)")
    }
}
