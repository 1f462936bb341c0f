import Foundation
import Glibc
import ProcessSupport
import Testing

extension EndToEndTests {
    /// A job that stands still ends with one line that names who is waited for; one that only pauses goes on.
    @Suite(.quiet) struct WatchdogCases {
        /// Seconds after the stall limit in which every process must be gone.
        private static let patience = 5.0

        /// So many that an epoch takes a second or two.
        private static let examples = 40_000

        /// A way in which watchdogs reach one another.
        enum Way: String, CaseIterable, CustomTestStringConvertible {
            case shared
            case datagrams
            case nodes
            var testDescription: String { rawValue }

            /// Four ranks where they are to form two nodes.
            var ranks: Int { self == .nodes ? 4 : 3 }
            var options: [String] {
                switch self {
                case .shared: []
                case .datagrams: ["transport=point_to_point"]
                case .nodes: ["nodes=2"]
                }
            }
        }

        @Test(arguments: [(Way.shared, 1), (.shared, 0), (.datagrams, 1), (.nodes, 3)])
        func stoppedRank(_ way: Way, _ rank: Int) throws {
            let data = try TestData(count: Self.examples)
            defer { data.remove() }
            let run = try StoppedRun.run(
                data, way.ranks, 3, way.options + ["epochs=1000"], stops: [rank], settled: 2)
            let line = try run.expectEnd(limit: 3, patience: Self.patience)
            #expect(
                line.hasPrefix("rank \(rank) on host \(StoppedRun.host) has not moved since step "), "\(line)"
            )
            #expect(
                line.contains("while \(way.ranks - 1) other ranks wait (")
                    && line.contains("): the process is stopped"), "\(line)")
            let step = line.split(separator: "step ").last?.split(separator: " ").first.flatMap { Int($0) }
            #expect((step ?? 0) >= StoppedRun.firstStep, "\(line)")
        }

        /// A rank that is stopped before it is a rank.
        @Test func stalledStart() throws {
            let data = try TestData(count: Self.examples)
            defer { data.remove() }
            let stopped = try StoppedRun.run(data, 3, 3, [], stops: [1], afterSteps: false)
            let line = try stopped.expectEnd(limit: 3, patience: Self.patience)
            #expect(line.hasPrefix("rank 1 on host \(StoppedRun.host) has not "), "\(line)")
        }

        /// Evaluation is watched as training is.
        @Test func stoppedEvaluation() throws {
            let data = try TestData(count: 2000)
            defer { data.remove() }
            let trained = try DTrainRun.run(
                2,
                [
                    "--config", SameBytes.configuration(data, "cnn"), "--output", data.path("run"), "--steps",
                    "1",
                ])
            try #require(trained.exitCode == 0, "\(trained)")
            var stopTime: Date?
            let result = try MPIRun.run(
                ranks: 2, executable: BuiltExecutable.path("dtrain"),
                arguments: [
                    "evaluate", data.path("run"), "--set", "training.stall_timeout=3", "--set",
                    "training.batch=2",
                ]
            ) { session, _ in
                guard stopTime == nil, let pid = session.process(ofRank: 1),
                    let children = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task"),
                    children.count > 2
                else { return }
                kill(pid, SIGSTOP)
                stopTime = Date()
            }
            let line = try StoppedRun(result: result, stopTime: stopTime, endTime: Date())
                .expectEnd(limit: 3, patience: Self.patience)
            #expect(line.hasPrefix("rank 1 on host \(StoppedRun.host) has not "), "\(line)")
        }

        /// Stopped for longer than half the limit: a warning, and the bytes of a run that nobody stopped.
        @Test func pausedRank() throws {
            let data = try TestData(count: Self.examples)
            defer { data.remove() }
            let undisturbed = try StoppedRun.run(data, 3, 300, [], stops: [])
            let paused = try StoppedRun.run(data, 3, 8, [], stops: [1], for: 5.5)
            #expect(paused.result.exitCode == 0 && undisturbed.result.exitCode == 0, "\(paused.result)")
            #expect(try paused.weights(data) == undisturbed.weights(data))
            #expect(paused.lines.count == 1, "\(paused.lines)")
            let line = paused.lines.first ?? ""
            #expect(
                line.hasPrefix(
                    "training-controls: warning: rank 1 on host \(StoppedRun.host) has not moved since step ")
                    && line.hasSuffix("): the run is given up after 8 s"), "\(line)")
            #expect(undisturbed.lines == [])
        }

        /// A job that is stopped as a whole finds nobody late when it goes on, and one without a limit never does.
        @Test(arguments: [(3.0, 3), (0.0, 1)])
        func pauseThatIsNone(_ limit: Double, _ ranks: Int) throws {
            let data = try TestData(count: Self.examples)
            defer { data.remove() }
            let paused = try StoppedRun.run(data, 3, limit, [], stops: Array(0..<ranks), for: 6)
            #expect(paused.result.exitCode == 0, "\(paused.result)")
            #expect(paused.lines == [])
        }

        /// A rank that gets a fraction of its core's time is named, and the run goes on to its end.
        @Test(.alone) func slowRank() throws {
            let data = try TestData(count: Self.examples)
            defer { data.remove() }
            let run = try StoppedRun.throttled(data, rank: 1, seconds: 200)
            #expect(run.result.exitCode == 0, "\(run.result)")
            let line = run.lines.first ?? ""
            #expect(
                line.hasPrefix("training-controls: warning: rank 1 on host \(StoppedRun.host) takes ")
                    && line.contains(" times as long per example as the others"), "\(run.result)")
            #expect(run.lines.count == 1, "\(run.lines)")
        }
    }
}
