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
