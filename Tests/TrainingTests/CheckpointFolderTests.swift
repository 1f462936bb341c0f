import Foundation
import Optimizers
import Testing

@testable import Training

/// Which checkpoints there are, which go, and what killed runs leave.
@Suite struct CheckpointFolderTests {
    @Test func namesOfFolders() {
        for step in [0, 7, 123_456_789, 1_234_567_890] {
            #expect(CheckpointFormat.step(ofFolder: CheckpointFormat.folder(step: step)) == step)
        }
        for name in [
            "step-7", "step-0000000007", "step-", "step--00000001", "step-00000000x", ".step-000000007",
        ] {
            #expect(CheckpointFormat.step(ofFolder: name) == nil, "\(name)")
        }
    }

    @Test func stateGoesThroughItsText() throws {
        var position = RunPosition()
        position.progress.step = 5
        position.progress.epochLossSum = 0.1 + 0.2
        position.ruleMemory = [.infinity, -.infinity, -0.0, 1e-300]
        position.delayedNumbers = [0.3]
        let state = CheckpointState(optimizer: "swats", position: position)
        let read = try CheckpointState.parse(try state.encoded(), path: "s")
        #expect(read == state)
        #expect(read.position.ruleMemory[2].sign == .minus)
    }

    /// The newest ones and the best stay; damaged ones neither count nor stay, and later ones are left for a run that
    /// comes by again.
    @Test func whatIsPruned() {
        var rule = CheckpointPruning(keep: 2)
        #expect(rule.removed(of: [1, 2, 3, 4], newest: 4) == [1, 2])
        rule.bestStep = 2
        #expect(rule.removed(of: [1, 2, 3, 4], newest: 4) == [1])
        rule.damaged = [3]
        #expect(rule.removed(of: [0, 1, 2, 3, 4], newest: 4) == [0, 1, 3])
        #expect(rule.removed(of: [1, 2, 3, 8, 9], newest: 2) == [3])
        rule.damaged = [2, 9]
        #expect(rule.removed(of: [1, 2, 4, 9], newest: 4) == [2, 9])
        // A damaged one that was written anew is the newest.
        #expect(rule.removed(of: [1, 2], newest: 2) == [])
        rule.keep = 1
        rule.damaged = []
        rule.bestStep = 0
        #expect(rule.removed(of: [20, 27, 28, 30], newest: 27) == [20])
    }

    @Test func olderOnesGoOnlyThen() throws {
        let first = try TinyCheckpoint(step: 1, keep: 2)
        defer { first.remove() }
        let catalogue = CheckpointCatalogue(first.folder)
        for step in 2...4 { _ = try TinyCheckpoint(step: step, in: first.folder, keep: 2) }
        #expect(catalogue.steps == [3, 4])
        #expect(try FileManager.default.contentsOfDirectory(atPath: first.folder).count == 2)
    }

    /// The same step again takes the place of the older one.
    @Test func sameStepAgain() throws {
        let first = try TinyCheckpoint(value: 1)
        defer { first.remove() }
        let second = try TinyCheckpoint(in: first.folder, value: 2)
        try second.verify()
        let file = try CheckpointVerification(second.path).tensors(CheckpointFormat.weights)
        #expect(try file.tensor(named: "0.weight").last == 2)
        #expect(try FileManager.default.contentsOfDirectory(atPath: first.folder).count == 1)
    }

    /// A run that was killed leaves its temporary folders, and perhaps a checkpoint between two names.
    @Test func sweep() throws {
        let tiny = try TinyCheckpoint()
        defer { tiny.remove() }
        let catalogue = CheckpointCatalogue(tiny.folder)
        try FileOutput.makeFolder("\(tiny.folder)/.step-000000013.4711.tmp/x")
        try FileOutput.write(Array("x".utf8), to: "\(tiny.folder)/.probe-12")
        try FileOutput.move(tiny.path, to: catalogue.replacedFolder(step: 12))
        #expect(catalogue.steps == [])
        try catalogue.sweep()
        #expect(catalogue.steps == [12])
        try tiny.verify()
        // Where both names stand, the new one counts.
        try FileManager.default.copyItem(atPath: tiny.path, toPath: catalogue.replacedFolder(step: 12))
        try catalogue.sweep()
        #expect(try FileManager.default.contentsOfDirectory(atPath: tiny.folder) == ["step-000000012"])
    }

    /// What fails on the way leaves nothing under the final name and takes the temporary folder away.
    @Test func failedCommit() throws {
        let tiny = try TinyCheckpoint()
        defer { tiny.remove() }
        let catalogue = CheckpointCatalogue(tiny.folder)
        let temporary = catalogue.temporaryFolder(step: 13)
        try FileOutput.makeFolder(temporary)
        // A folder where the manifest should go.
        try FileOutput.makeFolder("\(temporary)/\(CheckpointFormat.manifest)")
        let commit = CheckpointCommit(
            catalogue: catalogue, temporary: temporary,
            manifest: try CheckpointManifest(
                files: [], identity: TinyCheckpoint.identity, environment: TinyCheckpoint.environment,
                step: 13),
            pruning: CheckpointPruning(keep: 1))
        #expect(throws: TrainingError.self) { try commit.run() }
        #expect(catalogue.steps == [12])
        #expect(!FileManager.default.fileExists(atPath: temporary))
        try tiny.verify()
    }

    /// A run's folder, the folder of its checkpoints and one checkpoint.
    @Test func whatResumeNames() throws {
        let run = NSTemporaryDirectory() + "dtrain-run-\(getpid())-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: run) }
        let all = try [3, 12].map { try TinyCheckpoint(step: $0, in: "\(run)/checkpoints").path }
        let newestFirst = CheckpointSource.newest(all.reversed())
        #expect(CheckpointSource(run) == newestFirst)
        #expect(CheckpointSource("\(run)/") == newestFirst)
        #expect(CheckpointSource("\(run)/checkpoints/") == newestFirst)
        #expect(CheckpointSource(all[0] + "/") == .one(all[0]))
        #expect(CheckpointSource("/nowhere") == .one("/nowhere"))
    }

    /// Positions that a file may claim and a run cannot have.
    @Test func impossiblePositions() throws {
        var settings = try TrainingSettings.small()
        settings.epochs = 3
        settings.batch = 10
        settings.spikes = LossSpikeGuard(window: 4)
        func problem(_ change: (inout RunPosition) -> Void) -> String? {
            var position = RunPosition()
            position.progress.step = 7
            position.progress.epoch = 1
            position.progress.batch = 3
            change(&position)
            return position.problem(for: settings, examples: 40, memoryCount: 2)
        }
        #expect(problem { _ in } == nil)
        #expect(problem { $0.ruleMemory = [1, 2] } == nil)
        let changes: [(inout RunPosition) -> Void] = [
            { $0.progress.step = 8 }, { $0.progress.step = -1 }, { $0.progress.epoch = 4 },
            { $0.progress.epoch = -1 }, { $0.progress.epoch = .max }, { $0.progress.batch = 5 },
            { $0.progress.batch = -1 }, { $0.progress.batch = .min }, { $0.policy.batches = [10] },
            { $0.sinks["lines"] = -1 }, { $0.policy.skippedSteps = 8 }, { $0.policy.skippedInRow = 1 },
            { $0.progress.epochExamples = 41 }, { $0.policy.bestStep = 9 }, { $0.ruleMemory = [1] },
            { $0.delayedNumbers = [1] },
            {
                $0.policy.skippedSteps = 1; $0.policy.notFiniteInRow = 1
            },
            { position in for _ in 0..<5 { position.policy.recentLosses.observe(1, window: 9) } },
        ]
        for (place, change) in changes.enumerated() { #expect(problem(change) != nil, "change \(place)") }
    }

    /// The parts of a position stand side by side in its file; one of before there were sinks has the metrics' length.
    @Test func positionsOfBefore() throws {
        var position = RunPosition()
        position.progress.step = 4
        position.policy.skippedSteps = 2
        position.sinks = [RunFolder.metricsName: 70, "lines": 3]
        let text = String(decoding: try CheckpointFormat.encoder().encode(position), as: UTF8.self)
        func read(_ text: String) throws -> RunPosition {
            try CheckpointFormat.decoder().decode(RunPosition.self, from: Data(text.utf8))
        }
        #expect(try read(text) == position)
        let sinks = "\"sinks\":{\"lines\":3,\"metrics.jsonl\":70}"
        #expect(text.contains(sinks) && text.contains("\"skippedSteps\":2,\"step\":4"))
        position.sinks["lines"] = nil
        #expect(try read(text.replacingOccurrences(of: sinks, with: "\"metricsLength\":70")) == position)
        #expect(throws: DecodingError.self) {
            try read(text.replacingOccurrences(of: sinks + ",", with: ""))
        }
    }

    /// Every element is in one rank's stretch, and rank 0, which has the weights, has less of the rest.
    @Test func sharesOfANode() {
        for (ranks, elements, weights) in [
            (1, 10, 5), (2, 100, 50), (3, 1000, 500), (4, 7, 7), (3, 30, 1000),
        ] {
            let writers = Array(0..<ranks)
            var end = 0
            for rank in writers {
                let part = CheckpointShares.stretch(
                    of: rank, writers: writers, elements: elements, weights: weights)
                #expect(part.lowerBound == end)
                end = part.upperBound
            }
            #expect(end == elements)
        }
        #expect(CheckpointShares.stretch(of: 0, writers: [0, 1], elements: 200, weights: 100) == 0..<50)
        #expect(CheckpointShares.stretch(of: 3, writers: [0, 1], elements: 200, weights: 100).isEmpty)
    }

    @Test func backgroundWorkEnds() throws {
        let job = BackgroundJob("test") { 41 + 1 }
        #expect(try job.wait().get() == 42)
        #expect(job.isDone)
        let failed = BackgroundJob<Int>("test") { throw TrainingError(.io, "no") }
        #expect(throws: TrainingError.self) { try failed.wait().get() }
    }
}
