import Foundation
import Testing

@testable import Configuration

/// Where paths start from, by where they were written.
@Suite struct PathTests {
    private static let text = """
        data:
          train: {format: npy, features: x.npy, labels: y.npy}
        model: mlp
        init: {weights: start.safetensors}

        """

    private func read(_ assignments: String..., root: String? = nil) throws -> RunConfiguration {
        let text = root.map { Self.text.replacing("data:\n", with: "data:\n  root: \($0)\n") } ?? Self.text
        return try RunConfiguration(
            yaml: text, source: .file("/c/run.yaml"), overrides: assignments.map { try .set($0) },
            currentFolder: home)
    }

    @Test func eachPathHasItsOwnFolder() throws {
        let plain = try read()
        #expect(
            plain.settings.data.training.featureNames == ["/c/x.npy"]
                && plain.settings.initialWeights == "/c/start.safetensors")
        let changed = try read("data.train.features=x.npy", "init.weights=sub/start.safetensors")
        #expect(
            changed.settings.data.training.featureNames == ["\(home)/x.npy"]
                && changed.settings.data.training.labelNames == ["/c/y.npy"])
        #expect(changed.settings.initialWeights == "\(home)/sub/start.safetensors")
        #expect(
            try read("data.train={format: npy, features: [a, /b], labels: c}").settings.data.training
                .featureNames == [
                    "\(home)/a", "/b",
                ])
        // A root in the file comes second for the command line; one on the command line is for all.
        let folder = FileManager.default.temporaryDirectory.path
        #expect(try read("data.train.labels=.", root: folder).settings.data.training.labelNames == [folder])
        let rooted = try read("data.train.labels=y.npy", root: "r")
        #expect(
            rooted.settings.data.training.featureNames == ["/c/r/x.npy"]
                && rooted.settings.data.training.labelNames == ["\(home)/y.npy"])
        let both = try read("data.root=r", "data.train.labels=z.npy", root: "/elsewhere")
        #expect(
            both.settings.data.training.featureNames == ["\(home)/r/x.npy"]
                && both.settings.data.training.labelNames == ["\(home)/r/z.npy"])
    }

    /// A study's own paths are relative to the study, not to the configuration that it is based on.
    @Test func studiesHaveTheirOwnFolder() throws {
        let folder = NSTemporaryDirectory() + "dtrain-paths-\(ProcessInfo.processInfo.processIdentifier)"
        let files = FileManager.default
        try files.createDirectory(atPath: "\(folder)/base", withIntermediateDirectories: true)
        defer { try? files.removeItem(atPath: folder) }
        try Data(Self.text.utf8).write(to: URL(fileURLWithPath: "\(folder)/base/run.yaml"))
        let study = try StudyConfiguration(
            yaml: """
                base: {config: base/run.yaml}
                vary: {init.weights: [a.safetensors, /b.safetensors]}
                """, source: .file("\(folder)/s.yaml"), overrides: [try .set("data.train.labels=l.npy")],
            currentFolder: home)
        let runs = study.runs.map(\.configuration)
        #expect(runs.map(\.settings.initialWeights) == ["\(folder)/a.safetensors", "/b.safetensors"])
        #expect(runs[0].settings.data.training.featureNames == ["\(folder)/base/x.npy"])
        #expect(runs[0].settings.data.training.labelNames == ["\(home)/l.npy"])
    }

    /// The part below the common folder, a longer one, the name alone; never one that two files share.
    @Test func movedFilesAreFoundByTheirParts() throws {
        let folder = NSTemporaryDirectory() + "dtrain-moved-\(ProcessInfo.processInfo.processIdentifier)"
        let files = FileManager.default
        defer { try? files.removeItem(atPath: folder) }
        func make(_ path: String) throws {
            let whole = URL(fileURLWithPath: "\(folder)/\(path)")
            try files.createDirectory(
                at: whole.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data().write(to: whole)
        }
        let paths = ["/old/set/train/x.npy", "/old/set/train/y.npy", "/old/set/test/x.npy"]
        let moved = MovedFiles(root: folder, paths: paths)
        #expect(moved.place(of: paths[0]) == "\(folder)/train/x.npy")
        try make("x.npy")
        try make("y.npy")
        #expect(moved.place(of: paths[0]) == "\(folder)/train/x.npy")
        #expect(moved.place(of: paths[1]) == "\(folder)/y.npy")
        try make("set/test/x.npy")
        #expect(moved.place(of: paths[2]) == "\(folder)/set/test/x.npy")
        try make("test/x.npy")
        #expect(moved.place(of: paths[2]) == "\(folder)/test/x.npy")
        #expect(MovedFiles(root: folder, paths: ["/only.npy"]).place(of: "/only.npy") == "\(folder)/only.npy")
    }

    @Test func onlyPathsThatARootMovesAreToldOfIt() throws {
        func error(_ run: RunConfiguration) -> String {
            do {
                try run.requireFiles()
                return ""
            } catch { return error.description }
        }
        #expect(try error(read()).contains("data.root"))
        #expect(try !error(read("data.train.features=/no/x.npy")).contains("data.root"))
        let mixed = Self.text.replacing("x.npy", with: "/no/x.npy")
        let run = try RunConfiguration(
            yaml: mixed, source: .file("/c/run.yaml"), overrides: [], currentFolder: home)
        #expect(!error(run).contains("data.root"))
        // As a run's folder keeps it.
        let resolved = try RunConfiguration(
            yaml: run.yaml, source: .file("/c/run.yaml"), overrides: [], currentFolder: home)
        #expect(error(resolved).contains("data.root") && resolved == run)
    }
}
