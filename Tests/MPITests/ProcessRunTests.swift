import ProcessSupport
import Testing

/// The helper that all multi-process tests rely on.
@Suite struct ProcessRunTests {
    private func shell(
        _ script: String, environment: [String: String] = [:], limit: Duration = .seconds(30),
        folder: String? = nil
    ) throws -> ProcessResult {
        try ProcessRun.run(
            "sh", ["-c", script], environment: environment, timeLimit: limit, currentDirectory: folder)
    }

    @Test("exit codes and both outputs arrive")
    func outputs() throws {
        let result = try shell("echo out; echo err >&2; exit 7")
        #expect(result.exitCode == 7)
        #expect(result.standardOutput == "out\n")
        #expect(result.standardError == "err\n")
        #expect(!result.timedOut && result.survivors.isEmpty)
    }

    @Test("a signal shows as 128 plus its number")
    func signals() throws {
        #expect(try shell("kill -9 $$").exitCode == 137)
    }

    @Test("output larger than a pipe holds")
    func largeOutput() throws {
        let result = try shell("head -c 1000000 /dev/zero; head -c 300000 /dev/zero >&2")
        #expect(result.standardOutput.utf8.count == 1_000_000)
        #expect(result.standardError.utf8.count == 300_000)
    }

    @Test("environment and folder")
    func surroundings() throws {
        let result = try shell("echo $COLOUR; pwd", environment: ["COLOUR": "blue"], folder: "/usr")
        #expect(result.standardOutput == "blue\n/usr\n")
    }

    @Test("the time limit ends the command and everything it started, deaf or not")
    func timeLimit() throws {
        // Long enough that even a starved shell has set its trap by then.
        let result = try shell("trap '' TERM; sleep 600 & sleep 600; sleep 600", limit: .seconds(5))
        #expect(result.timedOut)
        #expect(result.exitCode == 137)
        #expect(result.survivors.isEmpty)
    }

    @Test("what outlives the command is reported and killed")
    func survivors() throws {
        let result = try shell("sleep 600 & exit 0")
        #expect(result.exitCode == 0)
        #expect(result.survivors.count == 1)
        for pid in result.survivors {
            #expect(!ProcessSession(id: pid).members().contains(pid))
        }
    }

    @Test("a command that does not exist is an error")
    func missing() {
        #expect(throws: ProcessRunError.self) {
            try ProcessRun.run("no-such-command-anywhere", [], timeLimit: .seconds(5))
        }
    }
}
