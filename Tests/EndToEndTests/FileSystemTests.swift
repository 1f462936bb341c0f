import Foundation
import Glibc
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Output folders on file systems that lack locks or cannot bring files to the disk.
    @Suite struct FileSystems {
        /// What keeps other runs out, by what the file system refuses.
        enum Lock: String, Sendable, CaseIterable {
            case flock, openFile, lease

            var refused: [RefusedCalls.Call: Int32] {
                switch self {
                case .flock: [:]
                case .openFile: [.flock: ENOLCK]
                case .lease: [.flock: EOPNOTSUPP, .fcntl: ENOLCK]
                }
            }
        }

        private static let lockWarning = "dtrain: warning: the file system of "

        /// Renewals, expiry and patience in seconds.
        private static func times(_ text: String) -> [String: String] { ["DTRAIN_LOCK_TIMES": text] }

        private func arguments(_ data: TestData, _ output: String, _ more: String...) throws -> [String] {
            try ["--config", SameBytes.configuration(data, "mlp"), "--output", data.path(output)] + more
        }

        /// What the run comes to that nothing happens to; all tests share it.
        private static let whole = Result {
            let data = try TestData()
            defer { data.remove() }
            let run = try DTrainRun.run(
                2, ["--config", SameBytes.configuration(data, "mlp"), "--output", data.path("whole")])
            try #require(run.exitCode == 0, "\(run)")
            return try DTrainRun.results(data.path("whole"))
        }

        /// Trains on two ranks slowly, with a checkpoint every few steps, and calls `meanwhile` once as soon as one stands;
        /// it has no more than this process's patience with full pipes.
        private func slowly(
            _ data: TestData, _ environment: [String: String], _ more: [String] = [],
            meanwhile: (ProcessSession) -> Void
        ) throws -> ProcessResult {
            var isCalled = false
            return try MPIRun.run(
                ranks: 2, executable: BuiltExecutable.path("dtrain"),
                arguments: arguments(data, "run", "--resume", "auto", "--set", "checkpoint.every_steps=5")
                    + more,
                environment: environment.merging(["DTRAIN_FAULT": "step:*:*:slow=200"]) { $1 }
            ) { session, _ in
                guard !isCalled,
                    FileManager.default.fileExists(
                        atPath: data.path("run/checkpoints/step-000000005/manifest.json"))
                else { return }
                isCalled = true
                meanwhile(session)
            }
        }

        private func lines(_ run: ProcessResult, _ kind: String) -> [String] {
            (run.standardError + run.standardOutput).split(separator: "\n").map(String.init).filter {
                $0.hasPrefix("dtrain: \(kind): ")
            }
        }

        private static let pairs = [
            (Lock.openFile, Lock.openFile), (.lease, .lease), (.flock, .lease), (.lease, .openFile),
            (.openFile, .flock),
        ]

        /// A second run is refused whatever keeps the two of them out, and changes nothing of the first; a file system
        /// without locks is a warning.
        @Test(arguments: pairs)
        func secondRun(first: Lock, second: Lock) throws {
            let data = try TestData()
            defer { data.remove() }
            let calls = try RefusedCalls(data)
            let times = Self.times("0.2:30:1")
            var other: ProcessResult?
            let run = try slowly(
                data, calls.environment(data.path("run"), first.refused).merging(times) { $1 }
            ) {
                session in
                other = try? DTrainRun.run(
                    2, arguments(data, "run", "--overwrite"),
                    environment: calls.environment(data.path("run"), second.refused).merging(times) { $1 })
                kill(session.id, SIGUSR1)
            }
            let refused = try #require(other, "\(run)")
            #expect(refused.exitCode == 73 && !refused.timedOut, "\(refused)")
            let errors = lines(refused, "error")
            #expect(errors.count == 1 && errors[0].contains("another run is writing to "), "\(refused)")
            #expect(run.exitCode == 0 && run.standardOutput.contains("preempted"), "\(run)")
            let warnings = lines(run, "warning")
            #expect(warnings.count == (first == .lease ? 1 : 0), "\(run)")
            #expect(warnings.allSatisfy { $0.contains(" has no locks (Operation not supported)") })
            let last = try DTrainRun.run(
                1, arguments(data, "run", "--resume", "auto"),
                environment: calls.environment(data.path("run"), second.refused))
            try #require(last.exitCode == 0 && last.standardOutput.contains("resuming at step "), "\(last)")
            #expect(try DTrainRun.results(data.path("run")) == Self.whole.get())
            #expect(!FileManager.default.fileExists(atPath: data.path("run/.lease")))
        }

        /// A run that was stopped for so long that another took its lease writes nothing any more and ends with 73.
        @Test(.quiet) func lostLease() throws {
            let data = try TestData()
            defer { data.remove() }
            let calls = try RefusedCalls(data)
            let environment = calls.environment(data.path("run"), Lock.lease.refused).merging(
                Self.times("0.2:1.5:1")
            ) { $1 }
            var other: ProcessResult?
            let run = try slowly(data, environment) { session in
                guard let root = session.process(ofRank: 0) else { return }
                kill(root, SIGSTOP)
                other = try? DTrainRun.run(
                    1, arguments(data, "run", "--resume", "auto"), environment: environment)
                kill(root, SIGCONT)
            }
            let next = try #require(other, "\(run)")
            #expect(next.exitCode == 0 && next.standardOutput.contains("resuming at step "), "\(next)")
            #expect(lines(next, "note").contains { $0.contains("may be a dead run's: watching up to 1 s") })
            #expect(run.exitCode == 73 && run.survivors.isEmpty, "\(run)")
            let errors = lines(run, "error")
            #expect(errors.count == 1 && errors[0].contains("another run has taken "), "\(run)")
            #expect(try DTrainRun.results(data.path("run")) == Self.whole.get())
            let names = try FileManager.default.contentsOfDirectory(atPath: data.path("run/checkpoints"))
            #expect(!names.contains { $0.hasPrefix(".") }, "\(names)")
        }

        /// The lease of a run that was killed on another host is taken once it has expired, not before.
        @Test(.quiet) func killedOwner() throws {
            let data = try TestData()
            defer { data.remove() }
            let calls = try RefusedCalls(data)
            let environment = calls.environment(data.path("run"), Lock.lease.refused).merging(
                Self.times("0.2:2:1")
            ) { $1 }
            let run = try slowly(data, environment) { $0.signal(SIGKILL) }
            #expect(run.exitCode == 137, "\(run)")
            let lease = URL(fileURLWithPath: data.path("run/.lease"))
            let text = try String(contentsOf: lease, encoding: .utf8).split(separator: "\n").map {
                $0.hasPrefix("machine ") ? "machine another\n" : "\($0)\n"
            }.joined()
            try Data(text.utf8).write(to: lease)
            let start = ContinuousClock.now
            let next = try DTrainRun.run(
                2, arguments(data, "run", "--resume", "auto"), environment: environment)
            #expect(ContinuousClock.now - start > .seconds(2))
            #expect(next.exitCode == 0 && next.standardOutput.contains("resuming at step "), "\(next)")
            #expect(lines(next, "note").filter { $0.contains("may be a dead run's") }.count == 1, "\(next)")
            #expect(try DTrainRun.results(data.path("run")) == Self.whole.get())
        }

        /// A file system that cannot flush files, or folders, is one warning; one that fails is an error.
        @Test(
            arguments: [
                ([.fsync: ENOSYS], "files"), ([.fsyncOfFolder: EOPNOTSUPP], "folders"),
                ([.fsyncOfFolder: EINVAL], "folders"),
                ([.fsync: EINVAL, .fsyncOfFolder: ENOSYS], "files and folders"),
            ] as [([RefusedCalls.Call: Int32], String)])
        func withoutFlushes(refused: [RefusedCalls.Call: Int32], what: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let environment = try RefusedCalls(data).environment(data.path("run"), refused)
            let run = try DTrainRun.run(
                3, arguments(data, "run", "--set", "checkpoint.every_steps=4"), environment: environment)
            try #require(run.exitCode == 0, "\(run)")
            let warnings = lines(run, "warning")
            #expect(
                warnings.count == 1 && warnings[0].contains(" cannot bring \(what) to the disk (fsync)"),
                "\(run)")
            #expect(try DTrainRun.results(data.path("run")) == Self.whole.get())
            let predicted = try DTrainRun.run(
                1, ["predict", data.path("run"), "--output", data.path("run/predictions.csv")],
                environment: environment)
            #expect(predicted.exitCode == 0, "\(predicted)")
        }

        @Test(arguments: [EIO, ENOSPC]) func failingFlushes(code: Int32) throws {
            let data = try TestData()
            defer { data.remove() }
            let calls = try RefusedCalls(data)
            let files = try DTrainRun.run(
                2, arguments(data, "run"), environment: calls.environment(data.path("run"), [.fsync: code]))
            #expect(files.exitCode == 74 && lines(files, "error").count == 1, "\(files)")
            let folders = try DTrainRun.run(
                2, arguments(data, "other"),
                environment: calls.environment(data.path("other"), [.fsyncOfFolder: code]))
            #expect(folders.exitCode == 74 && lines(folders, "error").count == 1, "\(folders)")
        }

        /// A run that goes on by itself waits for the one before to end, longer than ranks may stand still; others do not.
        @Test func waitsForTheRunBefore() throws {
            let data = try TestData()
            defer { data.remove() }
            var notes: [[String]] = []
            var other: ProcessResult?
            let run = try slowly(data, [:], ["--set", "training.epochs=30"]) { session in
                var since: ContinuousClock.Instant?
                var hasAsked = false
                other = try? MPIRun.run(
                    ranks: 3, executable: BuiltExecutable.path("dtrain"),
                    arguments: arguments(
                        data, "run", "--resume", "auto", "--set", "training.epochs=30", "--set",
                        "training.stall_timeout=2")
                ) { waiting, _ in
                    // Its ranks exist: they wait from about now on.
                    guard waiting.process(ofRank: 2) != nil else { return }
                    since = since ?? .now
                    guard !hasAsked, let began = since, ContinuousClock.now - began > .seconds(4) else {
                        return
                    }
                    hasAsked = true
                    kill(session.id, SIGUSR1)
                }
                notes = other.map { [lines($0, "note")] } ?? []
            }
            let next = try #require(other, "\(run)")
            #expect(next.exitCode == 0 && next.standardOutput.contains("resuming at step "), "\(next)")
            let said = notes.joined().filter { $0.contains("waiting up to 60 s for the run before to end") }
            #expect(said.count == 1 && lines(next, "warning").isEmpty, "\(next)")
            #expect(run.exitCode == 0 && run.standardOutput.contains("preempted"), "\(run)")
        }

        @Test(arguments: [Lock.flock, .lease]) func waitsNoLongerThanAMinute(lock: Lock) throws {
            let data = try TestData()
            defer { data.remove() }
            let environment = try RefusedCalls(data).environment(data.path("run"), lock.refused).merging(
                Self.times("0.2:30:1.5")
            ) { $1 }
            var others: [ProcessResult] = []
            var seconds: [Duration] = []
            let run = try slowly(data, environment) { session in
                for more in [["--resume", "auto"], ["--overwrite"]] {
                    let start = ContinuousClock.now
                    let other = try? DTrainRun.run(2, arguments(data, "run") + more, environment: environment)
                    seconds.append(ContinuousClock.now - start)
                    others += [other].compactMap { $0 }
                }
                kill(session.id, SIGUSR1)
            }
            try #require(others.count == 2, "\(run)")
            for other in others {
                #expect(other.exitCode == 73 && lines(other, "error").count == 1, "\(other)")
            }
            #expect(seconds[0] > .seconds(1.5))
            let notes = others.map {
                lines($0, "note").filter { $0.contains("for the run before to end") }.count
            }
            #expect(notes == [1, 0], "\(others)")
            #expect(run.exitCode == 0, "\(run)")
        }
    }
}
