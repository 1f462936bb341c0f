import Foundation
import ProcessSupport
import Testing

/// Full and read-only disks.
extension EndToEndTests.CheckpointFaults {
    /// A disk with room for one checkpoint: the first stands, later ones are lost with a warning and leave nothing, the
    /// run goes on to its end and ends with 74; with room again it goes on to the same bytes.
    @Test(.enabled(if: SmallDisk.isPossible, "needs to mount a file system"))
    func fullDisk() throws {
        let data = try TestData()
        defer { data.remove() }
        let settings = [
            "--set", "checkpoint.every_steps=10", "--set",
            "model=[{linear: 300}, gelu, {linear: 400}, {linear: 4}]",
        ]
        let whole = try train(2, data, ["--output", data.path("whole")] + settings)
        try #require(whole.exitCode == 0, "\(whole)")
        // Weights of 0.5 MB: a checkpoint takes 1.5 MB.
        try SmallDisk.with(kilobytes: 2100, data) { disk, remount in
            let output = "\(disk)/run"
            let full = try train(2, data, ["--output", output] + settings)
            #expect(full.exitCode == 74 && !full.timedOut, "\(full)")
            let said = full.standardError.split(separator: "\n")
            #expect(
                said.contains {
                    $0.hasPrefix("dtrain: warning: no checkpoint of step 20: cannot write ")
                        && $0.contains(" bytes to ") && $0.contains("No space left on device")
                        && $0.contains("the one of step 10 stands")
                }, "\(full)")
            #expect(said.filter { $0.hasPrefix("dtrain: error: ") }.count == 1)
            let left = try FileManager.default.contentsOfDirectory(atPath: "\(output)/checkpoints")
            #expect(left == ["step-000000010"], "\(left) \(full)")
            try remount("size=20m")
            let resumed = try train(3, data, ["--output", output, "--resume", "auto"] + settings)
            try #require(resumed.exitCode == 0, "\(resumed)")
            #expect(resumed.standardOutput.contains("resuming at step 10 "))
            #expect(try DTrainRun.results(output) == DTrainRun.results(data.path("whole")))
        }
    }

    /// A folder that takes no file ends the run before it trains.
    @Test(.enabled(if: SmallDisk.isPossible, "needs to mount a file system"))
    func failsBeforeTraining() throws {
        let data = try TestData()
        defer { data.remove() }
        try SmallDisk.with(kilobytes: 300, data) { disk, remount in
            let readOnly = "\(disk)/run"
            try FileManager.default.createDirectory(atPath: readOnly, withIntermediateDirectories: false)
            try remount("ro")
            let refused = try train(3, data, ["--output", readOnly])
            #expect(refused.exitCode == 73, "\(refused)")
            #expect(refused.standardError.contains("\(readOnly): Read-only file system"), "\(refused)")
            #expect(!refused.standardOutput.contains("epoch"))
            try remount("rw")
            try data.write("disk/filler", text: String(repeating: "x", count: 280 * 1024))
            let full = try train(3, data, ["--output", readOnly])
            #expect(full.exitCode == 74, "\(full)")
            #expect(
                full.standardError.contains(" bytes to ") && full.standardError.contains("No space left"),
                "\(full)")
            #expect(!full.standardOutput.contains("epoch"))
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: "\(readOnly)/checkpoints").isEmpty)
        }
    }

    /// A log that takes no line costs the lines and nothing else; the exit code says so in the end.
    @Test func fullLog() throws {
        let data = try TestData()
        defer { data.remove() }
        let whole = try train(2, data, ["--output", data.path("whole")])
        try #require(whole.exitCode == 0, "\(whole)")
        try FileManager.default.createDirectory(
            atPath: data.path("run"), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: data.path("run/metrics.jsonl"), withDestinationPath: "/dev/full")
        let run = try train(2, data, ["--output", data.path("run"), "--resume", "auto"])
        #expect(run.exitCode == 74, "\(run)")
        #expect(run.standardError.components(separatedBy: "metrics are lost").count == 2, "\(run)")
        #expect(run.standardError.contains("lines: cannot write "), "\(run)")
        #expect(
            try bytes(data.path("run/weights.safetensors"))
                == bytes(data.path("whole/weights.safetensors")))
    }

    /// A folder that becomes read-only while a run trains: checkpoints are lost with a warning, the run goes on and ends
    /// with 74; when the folder takes files again, it goes on from the last that stands.
    @Test(.enabled(if: SmallDisk.isPossible, "needs to mount a file system"))
    func becomesReadOnly() throws {
        let data = try TestData()
        defer { data.remove() }
        let whole = try train(2, data, ["--output", data.path("whole"), "--set", "checkpoint.every_steps=5"])
        try #require(whole.exitCode == 0, "\(whole)")
        let checkpoints = data.path("run/checkpoints")
        var isReadOnly = false
        defer {
            if isReadOnly {
                _ = try? ProcessRun.run("umount", ["-l", checkpoints], timeLimit: Promptness.patience)
            }
        }
        let arguments = [
            "--config", try EndToEndTests.SameBytes.configuration(data, "mlp"), "--output", data.path("run"),
            "--resume", "auto", "--set", "checkpoint.every_steps=5",
        ]
        let run = try MPIRun.run(
            ranks: 3, executable: BuiltExecutable.path("dtrain"), arguments: arguments,
            environment: ["DTRAIN_FAULT": "step:*:*:slow=50"]
        ) { _, _ in
            guard !isReadOnly,
                FileManager.default.fileExists(atPath: "\(checkpoints)/step-000000005/manifest.json")
            else { return }
            // Files that are open for writing would keep the file system itself from it.
            let mount = "mount --bind '\(checkpoints)' '\(checkpoints)'"
            let remount = "mount -o remount,ro,bind '\(checkpoints)'"
            let result = try? ProcessRun.run(
                "bash", ["-c", "\(mount) && \(remount)"], timeLimit: Promptness.patience)
            isReadOnly = result?.exitCode == 0
        }
        try #require(isReadOnly && run.exitCode == 74 && !run.timedOut, "\(run)")
        let said = run.standardError.split(separator: "\n")
        #expect(
            said.contains {
                $0.hasPrefix("dtrain: warning: no checkpoint of step ")
                    && $0.contains("Read-only file system")
                    && $0.contains("stands")
            }, "\(run)")
        #expect(said.filter { $0.hasPrefix("dtrain: error: ") }.count == 1, "\(run)")
        let unmount = try ProcessRun.run("umount", [checkpoints], timeLimit: Promptness.patience)
        try #require(unmount.exitCode == 0, "\(unmount)")
        isReadOnly = false
        let resumed = try DTrainRun.run(2, arguments)
        try #require(
            resumed.exitCode == 0 && resumed.standardOutput.contains("resuming at step "), "\(resumed)")
        #expect(
            try DTrainRun.results(data.path("run")) == DTrainRun.results(data.path("whole")))
    }

    /// One rank of two cannot write its part: no rank leaves anything of that checkpoint, and the rank's file is named.
    @Test func oneRankCannotWrite() throws {
        let data = try TestData()
        defer { data.remove() }
        // Each rank holds the state of half of 4 million weights, 16 MB.
        let arguments = [
            "--config", try EndToEndTests.SameBytes.configuration(data, "mlp"), "--output", data.path("run"),
            "--resume", "auto", "--steps", "4", "--set", "checkpoint.every_steps=2",
            "--set", "model=[{linear: 2000}, gelu, {linear: 2000}, {linear: 4}]",
            "--set", "optimizer={name: adam, sharded: true}", "--set", "training.transport=point_to_point",
        ]
        let dtrain = try BuiltExecutable.path("dtrain")
        let limited = ["bash", "-c", "trap '' XFSZ; ulimit -f 12000; exec \"$@\"", "bash", dtrain]
        let run = try MPIRun.run(
            ranks: 1, executable: dtrain, arguments: arguments + [":", "-n", "1"] + limited + arguments)
        #expect(run.exitCode == 74 && !run.timedOut, "\(run)")
        #expect(run.standardError.contains("File too large"), "\(run)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: data.path("run/checkpoints")).isEmpty)
        let resumed = try DTrainRun.run(2, arguments)
        #expect(resumed.exitCode == 0, "\(resumed)")
    }
}
