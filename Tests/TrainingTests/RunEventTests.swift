import Foundation
import Testing

@testable import Training

/// What events hold, and the lines of metrics.jsonl that they become.
@Suite struct RunEventTests {
    private static let pace = RunEvent.Pace(samplesPerSecond: 100.5, seconds: 0.1)
    private static let evaluation = RunEvent.Evaluation(
        numbers: [NamedNumber(name: "loss", value: 0.6175290530218798), NamedNumber(name: "f1", value: 1)],
        details: [.perClass(name: "f1", values: [1, 0.5]), .confusion([[3, 0], [1, 2]])])
    private static let evaluations = RunEvent.Evaluations(
        training: RunEvent.Evaluation(numbers: [NamedNumber(name: "f1", value: 0.25)], details: []),
        validation: evaluation, test: evaluation, samplesPerSecond: 7)

    private static let events: [RunEvent] = [
        .step(.init(step: 10, epoch: 2, loss: 0.1, learningRate: 1e-05, pace: pace)),
        .step(
            .init(
                step: 10, epoch: 2, loss: -1.0e-300, learningRate: 0.1, gradientNorm: 2, clipRatio: 0.5,
                noiseScale: 3.5, squaredGradientNorm: -0.25,
                curvature: .init(
                    lambdaMax: 1, gradientCurvature: 2, gradientOverRate: 3, normTest: 4, innerProductTest: 5,
                    gradientSNR: 6),
                skippedSteps: 3,
                gradientNorms: [
                    NamedNumber(name: "0.wei\"ght\n", value: 1), NamedNumber(name: "b", value: 2),
                ],
                pace: pace)),
        .batch(BatchChoice(batch: 64, limit: .data)),
        .gradients(.init(step: 3, parameter: "0.weight \\ ü", finding: .exploding, rootMeanSquare: 1e-9)),
        .epoch(
            .init(
                epoch: 1, step: 9, trainingLoss: 0.5,
                evaluations: .init(
                    validation: .init(numbers: evaluation.numbers, details: []), samplesPerSecond: 7),
                learningRate: 0.1, batch: 16, skippedSteps: 1, pace: pace)),
        .evaluation(
            .init(
                epoch: 2, step: 12, trainingLoss: 0.5,
                evaluations: .init(test: .init(numbers: evaluation.numbers, details: [])), learningRate: 0.1,
                skippedSteps: 1, pace: pace)),
        .diverged(.init(step: 13, epoch: 2, reason: "the loss is not finite", pace: pace)),
        .plateau(.init(step: 8, epoch: 2, verdict: .localMinimum, loss: nil)),
        .plateau(
            .init(
                step: 8, epoch: 2, verdict: .saddle, loss: 0.5, escape: .init(loss: 0.25, curvature: -3))),
        .end(
            .init(
                steps: 18, epoch: 2, bestEpoch: 1, bestValue: 0.5, skippedSteps: 1, evaluations: evaluations,
                pace: pace)),
        .end(.init(steps: 18, epoch: 2, evaluations: .init(), pace: pace)),
        .end(.init(steps: 18, epoch: 2, stopped: .maxMinutes, evaluations: .init(), pace: pace)),
        .end(
            .init(
                steps: 18, epoch: 2, bestEpoch: 2, bestStep: 12, bestValue: 0.5, restoredEpoch: 2,
                restoredStep: 12, evaluations: .init(), pace: pace)),
    ]

    @Test(arguments: events)
    func isReadAsItWasWritten(_ event: RunEvent) throws {
        let line = try #require(event.line).line
        #expect(line.hasSuffix("}\n") && line.split(separator: "\n").count == 1)
        #expect(RunEvent(line: line.dropLast()) == event)
        // A line that was cut off is none.
        for length in 0..<(line.utf8.count - 2) {
            let part = String(decoding: Array(line.utf8.prefix(length)), as: UTF8.self)
            #expect(RunEvent(line: part) == nil, "\(part)")
        }
        // It is JSON to others, too.
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect(object?["event"] as? String == event.kind)
        #expect(object.map { Set($0.keys) } == Set(event.fields.map(\.name) + ["event"]))
    }

    @Test func linesAsTheyWere() {
        let line = RunEvent.step(
            .init(
                step: 10, epoch: 2, loss: .nan, learningRate: 1e-05, gradientNorm: .infinity,
                skippedSteps: 2, gradientNorms: [NamedNumber(name: "0.weight", value: .nan)],
                pace: Self.pace))
        let text =
            #"{"event":"step","step":10,"epoch":2,"loss":null,"lr":1e-05,"gradient_norm":null,"skipped_steps":2,"#
            + #""gradient_norms":{"0.weight":null},"samples_per_second":100.5,"seconds":0.1}"#
        #expect(line.line?.line == text + "\n")
        // What was not finite is no number when it is read, and none of those that others take.
        guard case .step(let read)? = RunEvent(line: text) else {
            Issue.record("no step")
            return
        }
        #expect(read.loss.isNaN && read.gradientNorm?.isNaN == true)
        #expect(
            line.numbers.map(\.name)
                == ["step", "epoch", "lr", "skipped_steps", "samples_per_second", "seconds"])
    }

    /// The training loss of an epoch is that of its steps, so that of the evaluation stands nowhere.
    @Test func trainingLossStandsOnce() throws {
        let event = RunEvent.epoch(
            .init(
                epoch: 1, step: 9, trainingLoss: 0.5, evaluations: .init(training: Self.evaluation),
                learningRate: 0.1, pace: Self.pace))
        let names = event.fields.map(\.name)
        #expect(names.filter { $0 == "train_loss" }.count == 1 && names.contains("train_f1"))
        #expect(!names.contains("train_f1_per_class"), "details are those of the end")
    }

    @Test(arguments: [
        "", "{", "{}", "[]", "null", "{\"event\":\"step\"}", "{\"event\":1}",
        "{\"event\":\"other\",\"step\":1}",
        "{\"event\":\"step\",\"step\":\"1\",\"epoch\":1,\"loss\":1,\"lr\":1,\"samples_per_second\":1,\"seconds\":1}",
        "{\"event\":\"step\",\"step\":1,\"epoch\":1,\"loss\":x,\"lr\":1,\"samples_per_second\":1,\"seconds\":1}",
        "{\"event\" \"step\"}", "{\"event\":\"st\\", "{,}", "{\"event\":[[1,2],[}",
    ])
    func whatIsNoLine(_ line: String) { #expect(RunEvent(line: line) == nil) }

    /// What is said to a person, and how far a run is, are no metrics.
    @Test func eventsWithoutLines() {
        let progress = RunEvent.Progress(
            epoch: 1, fraction: 0.5, step: 1, steps: 2, loss: 1, learningRate: 0.1, samplesPerSecond: 1,
            remaining: 1)
        for event: RunEvent in [.note("a"), .message("b"), .progress(progress)] {
            #expect(event.line == nil && event.fields.isEmpty)
        }
    }

    @Test func namesOfSinksAreUnique() throws {
        final class Named: RunSink {
            let name: String
            init(_ name: String) { self.name = name }
            func take(_ event: RunEvent) {}
        }
        func check(_ names: [String]) throws {
            var settings = try TrainingSettings.small()
            settings.sinks = names.map(Named.init)
            try RunSinks.check(settings)
        }
        try check(["a", "b", "", ""])
        #expect(throws: TrainingError.self) { try check(["a", "b", "a"]) }
        for name in [
            RunFolder.metricsName, TensorBoardLog.name, "steps.csv", "epochs.csv", "evaluations.csv",
        ] {
            #expect(throws: TrainingError.self) { try check([name]) }
        }
    }

    @Test func callbacksAskToStop() {
        var seen: [String] = []
        let sink = RunCallback { event in
            guard case .message(let text) = event else { return .goOn }
            seen.append(text)
            return text == "b" ? .stop : .goOn
        }
        sink.start(at: 0)
        sink.take(.message("a"))
        #expect(!sink.asksToStop)
        sink.take(.message("b"))
        sink.take(.message("c"))
        #expect(sink.asksToStop && seen == ["a", "b", "c"])
        // Another run with the same callback is another question.
        sink.start(at: 0)
        #expect(!sink.asksToStop)
    }
}
