import Foundation
import ProcessSupport
import Testing

/// Checkpoints that cannot be used and are not damaged, and best weights that cannot be written.
extension EndToEndTests.CheckpointFaults {
    private func newest(_ step: Int) -> String { "step-0000000\(step)" }

    /// Replaces a file by a link to itself, which no one can open, or brings it back.
    private func setReadable(_ isReadable: Bool, _ path: String) throws {
        let manager = FileManager.default
        if isReadable {
            try manager.removeItem(atPath: path)
            try manager.moveItem(atPath: "\(path).kept", toPath: path)
        } else {
            try manager.moveItem(atPath: path, toPath: "\(path).kept")
            try manager.createSymbolicLink(atPath: path, withDestinationPath: path)
        }
    }

    /// A checkpoint that cannot be read now is skipped and stays, whatever is saved after it; one that was damaged and is
    /// written anew stays as well.
    @Test func whatStaysAfterAFallback() throws {
        let data = try TestData()
        defer { data.remove() }
        let every = ["--set", "checkpoint.every_steps=10", "--set", "checkpoint.keep=4"]
        let part = try train(2, data, ["--output", data.path("run"), "--steps", "40"] + every)
        try #require(part.exitCode == 0, "\(part)")
        let checkpoints = data.path("run/checkpoints")
        try setReadable(false, "\(checkpoints)/\(newest(40))/optimizer.safetensors")
        try Damage.stateBit.apply(to: "\(checkpoints)/\(newest(30))")
        let resumed = try train(
            2, data, ["--output", data.path("run"), "--resume", "auto", "--steps", "35"] + every)
        try #require(
            resumed.exitCode == 0 && resumed.standardOutput.contains("resuming at step 23 "), "\(resumed)")
        let left = try FileManager.default.contentsOfDirectory(atPath: checkpoints).sorted()
        #expect(left == [newest(20), newest(23), newest(30), newest(35), newest(40)], "\(left)")
        try setReadable(true, "\(checkpoints)/\(newest(40))/optimizer.safetensors")
        let last = try train(3, data, ["--output", data.path("run"), "--resume", "auto"] + every)
        try #require(last.exitCode == 0, "\(last)")
        #expect(last.standardError.contains("passed over checkpoint \(newest(40))"), "\(last)")
        #expect(last.standardOutput.contains("resuming at step 35 "), "\(last)")
        let whole = try train(1, data, ["--output", data.path("whole")] + every)
        try #require(whole.exitCode == 0, "\(whole)")
        #expect(try DTrainRun.results(data.path("run")) == DTrainRun.results(data.path("whole")))
    }

    /// Steps at which checkpoints are due count where epochs end, too: 23 steps make one.
    @Test func everyStepsAtTheEndsOfEpochs() throws {
        let data = try TestData()
        defer { data.remove() }
        let run = try train(
            2, data,
            [
                "--output", data.path("run"), "--set", "checkpoint.every_steps=23", "--set",
                "checkpoint.every_epochs=0", "--set", "checkpoint.keep=9",
            ])
        try #require(run.exitCode == 0, "\(run)")
        let names = try FileManager.default.contentsOfDirectory(atPath: data.path("run/checkpoints")).sorted()
        #expect(names == [newest(23), newest(46), newest(69)])
    }

    /// A run that has ended gives its results to another folder, and gets lost ones back.
    @Test(arguments: [false, true])
    func resultsOfAFinishedRun(restores: Bool) throws {
        let data = try TestData()
        defer { data.remove() }
        let settings =
            [
                "--set", "data.validation={fraction: 0.2}", "--set", "optimizer.lr=0.3",
                "--set", "model=[{linear: 33}, batch_norm, gelu, {linear: 4}]",
            ] + (restores ? ["--set", "training.early_stopping={patience: 1}", "--epochs", "9"] : [])
        let run = try train(2, data, ["--output", data.path("run")] + settings)
        try #require(run.exitCode == 0, "\(run)")
        #expect(run.standardOutput.contains("restored the weights") == restores)
        let names = ["weights.safetensors", "best.safetensors", "metrics.jsonl", "normalization.json"]
        let before = try names.map { try bytes(data.path("run/\($0)")) }
        let other = try train(
            3, data, ["--output", data.path("other"), "--resume", data.path("run")] + settings)
        #expect(other.exitCode == 0 && other.standardOutput.contains("took the results from"), "\(other)")
        for (name, bytes) in zip(names, before) {
            #expect(try self.bytes(data.path("other/\(name)")) == bytes)
        }
        for name in names.prefix(2) { try FileManager.default.removeItem(atPath: data.path("run/\(name)")) }
        let again = try train(1, data, ["--output", data.path("run"), "--resume", "auto"] + settings)
        #expect(again.exitCode == 0, "\(again)")
        for (name, bytes) in zip(names, before) { #expect(try self.bytes(data.path("run/\(name)")) == bytes) }
    }

    /// What cannot be gone on with says why: another setting, by its line, or nothing there.
    @Test func whatIsDifferent() throws {
        let data = try TestData()
        defer { data.remove() }
        let run = try train(2, data, ["--output", data.path("run"), "--steps", "3"])
        try #require(run.exitCode == 0, "\(run)")
        let other = try train(
            2, data,
            [
                "--output", data.path("run"), "--resume", "auto", "--batch", "7", "--set",
                "logging.every_steps=5",
            ])
        #expect(other.exitCode == 78, "\(other)")
        #expect(other.standardError.contains("(training.batch: 7, the run has 6)"), "\(other)")
        let nothing = try train(2, data, ["--output", data.path("new"), "--resume", data.path("nowhere")])
        #expect(nothing.exitCode == 65 && nothing.standardError.contains("there is no run and no checkpoint"))
        let fresh = try train(2, data, ["--output", data.path("new"), "--resume", "auto", "--steps", "1"])
        #expect(fresh.exitCode == 0 && fresh.standardOutput.contains("no checkpoint in "), "\(fresh)")
    }

    /// Where the best weights cannot be written the run goes on, says so in the end, and what was kept in checkpoints
    /// makes up for it.
    @Test(arguments: [false, true])
    func bestWeightsThatCannotBeWritten(restores: Bool) throws {
        let data = try TestData()
        defer { data.remove() }
        let settings =
            [
                "--set", "data.validation={fraction: 0.25}", "--set", "checkpoint.every_steps=7",
                "--set", "optimizer.lr=0.2", "--set", "training.epochs=8",
            ] + (restores ? ["--set", "training.early_stopping={patience: 2}"] : [])
        let whole = try train(2, data, ["--output", data.path("whole")] + settings)
        try #require(whole.exitCode == 0, "\(whole)")
        // No file can take the name of a folder that is not empty.
        let obstacle = data.path("run/best.safetensors")
        try data.write("run/best.safetensors/file", text: "")
        let run = try train(3, data, ["--output", data.path("run")] + settings)
        #expect(run.exitCode == 74, "\(run)")
        #expect(run.standardError.contains("warning: no best weights of epoch 1"), "\(run)")
        let errors = run.standardError.split(separator: "\n").filter { $0.hasPrefix("dtrain: error: ") }
        #expect(errors.count == 1 && errors[0].contains("could not be written"), "\(run)")
        try FileManager.default.removeItem(atPath: obstacle)
        let resumed = try train(1, data, ["--output", data.path("run"), "--resume", "auto"] + settings)
        try #require(resumed.exitCode == 0, "\(resumed)")
        #expect(try DTrainRun.results(data.path("run")) == DTrainRun.results(data.path("whole")))
        #expect(try bytes(obstacle) == bytes(data.path("whole/best.safetensors")))
    }

    /// A run that replaces another and cannot start leaves the other as it is.
    @Test func replacementThatFails() throws {
        let data = try TestData()
        defer { data.remove() }
        let first = try train(2, data, ["--output", data.path("run"), "--steps", "3"])
        try #require(first.exitCode == 0, "\(first)")
        let before = try bytes(data.path("run/weights.safetensors"))
        for setting in [
            "data.train.features=nowhere.npy", "model=[{linear: 3}]", "schedule={name: cosine, warmup: 99}",
        ] {
            let run = try train(2, data, ["--output", data.path("run"), "--overwrite", "--set", setting])
            #expect([65, 78].contains(run.exitCode), "\(run)")
            #expect(try bytes(data.path("run/weights.safetensors")) == before, "\(setting)")
            #expect(
                FileManager.default.fileExists(
                    atPath: data.path("run/checkpoints/step-000000003/manifest.json")))
        }
    }
}
