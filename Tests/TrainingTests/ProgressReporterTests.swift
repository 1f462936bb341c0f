import Cluster
import Dispatch
import Synchronization
import Testing

@testable import Training

/// What a person sees of runs and of work under way.
@Suite struct ProgressReporterTests {
    private static let start = RunEvent.start(
        RunEvent.Start(
            output: "runs/a", examples: 60_000, parameters: 1234, epochs: 3, step: 0, ranks: 2, workers: 1,
            shards: 8, instructionSet: "avx2"))
    private static let progress = RunEvent.progress(
        RunEvent.Progress(
            epoch: 1, fraction: 0.25, step: 120, steps: 2340, loss: 0.5, learningRate: 0.001,
            samplesPerSecond: 12345.6, remaining: 123))

    private static func results(isFinished: Bool = true, best: Bool = true) -> [RunEvent] {
        var end = RunEvent.End(
            steps: 2340, epoch: 3, evaluations: RunEvent.Evaluations(),
            pace: RunEvent.Pace(samplesPerSecond: 1, seconds: 1))
        if best { (end.bestEpoch, end.bestValue) = (2, 0.12345) }
        var results = RunEvent.Results(
            evaluations: RunEvent.Evaluations(), classNames: nil, notes: [],
            weights: "runs/it's/weights.safetensors", metrics: "runs/it's/metrics.jsonl",
            checkpoints: "runs/it's/checkpoints", checkpointCount: 1, secondsOfCopying: 0,
            secondsOfWaiting: 0)
        results.watchedMetric = "validation_loss"
        results.isFinished = isFinished
        return [.end(end), .results(results)]
    }

    private func reporter(
        _ written: WrittenLines, _ guidance: Guidance = Guidance(.commandLine(program: "dtrain")),
        stream: @escaping (String) -> Void = { _ in }
    ) -> ProgressReporter {
        ProgressReporter(guidance, start: 100, line: written.line(), stream: stream)
    }

    /// A terminal that gets another width gets another line; lines that stay take its place.
    @Test func terminal() {
        let written = WrittenLines(columns: 200)
        let reporter = reporter(written)
        reporter.take(Self.start)
        #expect(reporter.wantsProgress)
        reporter.take(Self.progress)
        #expect(!reporter.wantsProgress)
        written.pass(seconds: 0.11)
        #expect(reporter.wantsProgress)
        written.resize(to: 40)
        reporter.take(Self.progress)
        reporter.take(TemporaryRun.epoch(1))
        let drawn = written.drawings
        #expect(drawn.count == 2 && drawn[1] == "epoch 1/3  loss 0.5000  2:03 left", "\(drawn)")
        for part in [
            "epoch 1/3", "██████░", "step 120/2,340", "loss 0.5000", "lr 0.001", "12,345 samples/s",
            "iB on rank 0", "2:03 left",
        ] {
            #expect(drawn[0].contains(part), "\(part): \(drawn)")
        }
        #expect(
            written.lines == [
                "dtrain: 60,000 examples, 1,234 parameters, 2 ranks x 1 worker, 8 shards, avx2",
                "epoch 1/3  train loss 0.2500  test loss 1.5000 accuracy 0.7500  100 samples/s",
            ], "\(written.text.debugDescription)")
        #expect(written.text.contains("\u{1b}[2m"))
        let colorless = WrittenLines(columns: 200, color: false)
        self.reporter(colorless).take(Self.progress)
        #expect(
            !colorless.text.isEmpty && !colorless.text.contains(/\u{1b}\[[0-9]*m/), "\(colorless.text)")
    }

    /// In a file lines are plain, with times in front, and long epochs have one every half minute.
    @Test func file() {
        let written = WrittenLines(columns: nil)
        let reporter = reporter(written)
        reporter.take(Self.start)
        written.pass(seconds: 83)
        reporter.take(TemporaryRun.epoch(1))
        written.pass(seconds: 29)
        #expect(!reporter.wantsProgress)
        written.pass(seconds: 2)
        #expect(reporter.wantsProgress)
        reporter.take(Self.progress)
        #expect(!reporter.wantsProgress)
        reporter.take(.note("odd"))
        #expect(!written.text.contains("\u{1b}") && !written.text.contains("\r"))
        let lines = written.lines
        #expect(lines.count == 4 && lines[3] == "dtrain: note: odd", "\(lines)")
        #expect(lines[1].hasPrefix("[00:01:23] epoch 1/3  train loss 0.2500  test loss"), "\(lines)")
        #expect(lines[2].hasPrefix("[00:01:54] epoch 1/3  step 120/2,340  loss 0.5000  lr 0.001"), "\(lines)")
        #expect(lines[2].hasSuffix("2:03 left"), "\(lines)")
    }

    @Test func end() {
        let written = WrittenLines(columns: nil)
        let reporter = reporter(written)
        written.pass(seconds: 125)
        for event in Self.results() { reporter.take(event) }
        #expect(
            written.lines.suffix(5) == [
                "best epoch   2  (validation_loss 0.1235)", "wall time    2 min 5 s",
                "next         dtrain report 'runs/it'\\''s'",
                "             dtrain evaluate 'runs/it'\\''s'",
                "             dtrain diagnose 'runs/it'\\''s'",
            ], "\(written.text)")
        let limited = WrittenLines(columns: nil)
        for event in Self.results(isFinished: false, best: false) { self.reporter(limited).take(event) }
        #expect(!limited.text.contains("best epoch"))
        #expect(limited.text.contains("next         dtrain --resume auto --output 'runs/it'\\''s'\n"))
        let swift = WrittenLines(columns: nil)
        for event in Self.results() { self.reporter(swift, Guidance(.swift)).take(event) }
        #expect(
            swift.lines.last
                == "next         Trainer.evaluate and Trainer.diagnose with weights: \"runs/it\\'s\"")
        let study = WrittenLines(columns: nil)
        for event in Self.results() {
            self.reporter(study, Guidance(.repeated(command: "dtrain study a"))).take(event)
        }
        #expect(study.text.contains("wall time ") && !study.text.contains("next "))
    }

    /// The stream has the start and what metrics.jsonl holds; the lines for a person are the same as ever.
    @Test func stream() {
        let lines = Mutex<[String]>([])
        let written = WrittenLines(columns: nil)
        let reporter = reporter(written, Guidance(.commandLine(program: "dtrain"), printing: .json)) { line in
            lines.withLock { $0.append(line) }
        }
        let events =
            [Self.start, TemporaryRun.step(1), Self.progress, TemporaryRun.epoch(1), .note("a")]
            + Self.results()
        for event in events { reporter.take(event) }
        let taken = lines.withLock { $0 }
        #expect(
            taken.first
                == "{\"event\":\"start\",\"output\":\"runs/a\",\"examples\":60000,\"parameters\":1234,\"epochs\":3,\"step\":0,\"ranks\":2,\"workers\":1,\"shards\":8,\"instruction_set\":\"avx2\"}\n"
        )
        #expect(Array(taken.dropFirst()) == events.compactMap { $0.line?.line } && taken.count == 4)
        #expect(written.text.contains("dtrain: note: a\n") && written.text.contains("epoch 1/3"))
    }

    @Test func quiet() {
        let reporter = ProgressReporter(
            Guidance(.commandLine(program: "dtrain"), printing: .quiet), start: 0
        ) { Issue.record("\($0)") }
        #expect(!reporter.wantsProgress && reporter.progress.isSilent)
        for event in [Self.start, Self.progress, TemporaryRun.epoch(1)] + Self.results() {
            reporter.take(event)
        }
        let silent = ProgressLine.silent
        #expect(silent.during("work") { 7 } == 7 && !silent.isDue)
        let work = CountedWork("work", "part", on: silent)
        work.advance(1, of: 2)
        work.end()
    }

    @Test func environment() {
        func device(_ variables: [String: String]) -> LineDevice {
            LineDevice(.output) { variables[$0] }
        }
        #expect(device([:]).usesColor && device(["NO_COLOR": ""]).usesColor)
        #expect(!device(["NO_COLOR": "1"]).usesColor && !device(["NO_COLOR": "false"]).usesColor)
        #expect(device(["TERM": "dumb"]).columns() == nil)
    }

    /// Work that counts is told of after two seconds, then as often as the device takes it, and not when it is done.
    @Test func countedWork() {
        let file = WrittenLines(columns: nil)
        let work = CountedWork("evaluating test", "batch", on: file.line())
        for (second, done) in [(1.0, 1), (1, 2), (10, 3), (20, 4), (1, 5), (1, 6)] {
            file.pass(seconds: second)
            work.advance(done, of: 6)
        }
        work.end()
        #expect(
            file.lines == [
                "[00:00:02] evaluating test  2 of 6 batches  0:04 left",
                "[00:00:32] evaluating test  4 of 6 batches  0:16 left",
            ], "\(file.lines)")
        let terminal = WrittenLines(columns: 80)
        let line = terminal.line()
        let guess = CountedWork("diagnosing", "Hessian product", isEstimate: true, on: line)
        terminal.pass(seconds: 2)
        guess.advance(4, of: 4)
        guess.end()
        line.line("done")
        #expect(terminal.drawings.last?.hasPrefix("diagnosing  ████") == true, "\(terminal.drawings)")
        #expect(terminal.drawings.last?.hasSuffix("4 of about 4 Hessian products") == true)
        #expect(terminal.text.hasSuffix("\r\u{1b}[Kdone\n") && terminal.lines == ["done"])
    }

    /// Work that says nothing of itself is told of while it goes on, and its line goes away; what is soon done is not.
    @Test(arguments: [nil, 80])
    func workOfWhichAThreadTells(_ columns: Int?) {
        let told = DispatchSemaphore(value: 0)
        let written = WrittenLines(columns: columns) { told.signal() }
        let line = written.line(ProgressTimes(patience: 0.001, drawing: 0.1, plain: 1000))
        // The work ends when it has been told of.
        let result = line.during("loading data.csv") {
            told.wait()
            return 3
        }
        #expect(result == 3)
        if columns == nil {
            #expect(written.lines == ["[00:00:00] loading data.csv"])
        } else {
            #expect(written.drawings.first == "loading data.csv  0:00")
            #expect(written.text.hasSuffix("\r\u{1b}[K"))
        }
        let fast = WrittenLines(columns: columns)
        #expect(
            fast.line(ProgressTimes(patience: 3600, drawing: 0.1, plain: 1000)).during("loading") { 1 } == 1)
        #expect(fast.text.isEmpty)
        struct Failure: Error {}
        #expect(throws: Failure.self) { try fast.line().during("loading") { throw Failure() } }
    }
}
