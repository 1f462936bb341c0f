import Foundation
import Testing

@testable import Cluster

/// Messages in the words of those who read them.
@Suite struct WordingTests {
    @Test func swiftProgramsReadOfSettings() {
        let swift = Wording.swift
        for (written, said) in [
            ("choose another --output", "choose another settings.output"),
            ("set training.shards to at least 3", "set settings.shards to at least 3"),
            ("replace it with --overwrite, or", "replace it with settings.overwritesOutput = true, or"),
            ("start anew without --resume", "start anew with settings.resume = .no"),
            (
                "replace the landscape with --overwrite, or choose another --output",
                "replace the landscape with overwrites of LandscapeOptions, or choose another output"
            ),
            ("give a smaller --radius", "give a smaller radius of LandscapeOptions"),
            (
                "training.batch: full cannot grow: leave out training.batch_growth",
                "settings.isFullBatch cannot grow: leave out settings.growth"
            ),
            ("change training.batch", "change settings.batch"),
            // Parts of paths and of other words are left alone.
            ("cannot read /a/training.batch", "cannot read /a/training.batch"),
            ("cannot read x-training.batch.npy", "cannot read x-training.batch.npy"),
            ("docker: --shm-size=2g, --output-dir", "docker: --shm-size=2g, --output-dir"),
        ] {
            #expect(swift(written) == said)
            #expect(Wording.commandLine(program: "dtrain")(written) == written)
            // What is said once more stays.
            #expect(swift(said) == said)
        }
    }

    @Test func continuations() {
        #expect(Wording.commandLine(program: "dtrain").continuation(output: nil) == "--resume auto")
        #expect(
            Wording.commandLine(program: "/opt/my apps/dtrain").continuation(output: "runs/it's")
                == "'/opt/my apps/dtrain' --resume auto --output 'runs/it'\\''s'")
        #expect(
            Wording.swift.continuation(output: "runs/\"a\"")
                == "settings.resume = .auto and settings.output = \"runs/\\\"a\\\"\"")
        #expect(Wording.repeated(command: "dtrain study a").continuation(output: "x") == "dtrain study a")
        let guidance = Guidance(.commandLine(program: "dtrain"))
        #expect(guidance.continuation == "--resume auto")
        guidance.output = "runs/a"
        #expect(guidance.continuation == "dtrain --resume auto --output runs/a")
    }

    @Test func nextSteps() {
        let words = Wording.commandLine(program: "/opt/my apps/dtrain")
        #expect(
            words.nextSteps(output: "-runs", isFinished: true)
                == ["report", "evaluate", "diagnose"].map { "'/opt/my apps/dtrain' \($0) ./-runs" })
        #expect(
            words.nextSteps(output: "a", isFinished: false).first
                == "'/opt/my apps/dtrain' --resume auto --output a")
        let calls = Wording.swift.nextSteps(output: "a", isFinished: false)
        #expect(
            calls == [
                "to go on, settings.resume = .auto and settings.output = \"a\"",
                "Trainer.evaluate and Trainer.diagnose with weights: \"a\"",
            ])
        #expect(
            Wording.repeated(command: "dtrain study a").nextSteps(output: "a", isFinished: true).isEmpty)
    }

    /// No message of the library names a flag, or a key whose property has another name, that Swift programs would read.
    @Test func allMessagesAreTranslated() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources")
        let flag = /--[a-z][a-z-]*/
        let key =
            /\b(training|optimizer|schedule|checkpoint|evaluation|logging|init|loss|data)\.[a-z]+(_[a-z]+)*\b/
        // Of other programs, and of the command line's own messages.
        let foreign = [
            "--mpi", "--mem", "--memory", "--pids-limit", "--shm-size", "--clean", "--config", "--set",
            "loss.is", "data.is",
        ]
        var seen = 0
        for target in ["Training", "DataParallel", "Datasets", "Layers", "Optimizers"] {
            let folder = root.appendingPathComponent(target).path
            for name in try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
            where name.hasSuffix(".swift") && !name.hasSuffix("Wording.swift") {
                let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
                for line in text.split(separator: "\n") where !line.contains("///") {
                    for literal in line.split(separator: "\"").enumerated().filter({ $0.offset % 2 == 1 }) {
                        // What is interpolated is code.
                        let message = literal.element.replacing(/\\\([^()]*(\([^()]*\))*[^()]*\)?/, with: "X")
                        guard message.contains(" ") else { continue }
                        let words = Wording.swift(String(message))
                        seen += words == message ? 0 : 1
                        for found in words.matches(of: flag).map(\.output)
                            + words.matches(of: key).map(\.output.0)
                        where !foreign.contains(String(found)) && !words.contains("settings.\(found)") {
                            Issue.record(
                                "\(target)/\(name): add \(found) to the words of Wording: \(message)")
                        }
                    }
                }
            }
        }
        #expect(seen > 10)
    }
}
