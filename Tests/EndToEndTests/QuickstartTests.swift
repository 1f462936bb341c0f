import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// scripts/quickstart, but for what it installs and builds: what it prints can be pasted into a shell.
    @Suite(.serialized) struct Quickstart {
        /// A checkout whose set-up has nothing to do and whose build is the program under test; its folder has a space.
        private func checkout(_ data: TestData) throws -> String {
            let root = data.path("a checkout")
            let script = try String(contentsOfFile: Checkout.script("quickstart"), encoding: .utf8)
            let setup = "#!/bin/sh\n"
            try data.write("a checkout/hostfiles/localhost", text: "localhost slots=8\n")
            let built = URL(fileURLWithPath: try BuiltExecutable.path("dtrain")).deletingLastPathComponent()
                .path
            let swift = "#!/bin/sh\ncase \"$*\" in *--show-bin-path*) echo '\(built)' ;; esac\n"
            for (name, text) in [
                ("a checkout/scripts/quickstart", script), ("a checkout/scripts/setup", setup),
                ("tools/swift", swift),
            ] {
                try data.write(name, text: "")
                try ProgramFile.write(Data(text.utf8), to: data.path(name))
            }
            return root
        }

        private func shell(_ data: TestData, _ command: String) throws -> ProcessResult {
            let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
            return try ProcessRun.run(
                "bash", ["-c", command],
                environment: ["PATH": "\(data.path("tools")):\(path)", "PREFIX": data.path("linked here")],
                timeLimit: Promptness.patience, currentDirectory: data.folder)
        }

        /// The results are where it says, and the command it ends with makes the same bytes again.
        @Test(arguments: ["", "--output 'my run'"])
        func theSameRunAgain(_ output: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let root = try checkout(data)
            _ = try SameBytes.configuration(data, "mlp")
            let run = try shell(
                data, "'\(root)/scripts/quickstart' --config mlp.yaml --set training.epochs=1 \(output)")
            try #require(run.exitCode == 0, "\(run)")
            func said(_ beginning: String) -> String? {
                run.standardOutput.split(separator: "\n").first { $0.hasPrefix(beginning) }.map {
                    String($0.dropFirst(beginning.count))
                }
            }
            #expect(said("quickstart: linked ") == data.path("linked here/bin/dtrain"), "\(run)")
            #expect(said("quickstart: test accuracy ").flatMap { Double($0) } != nil, "\(run)")
            let results = try #require(said("quickstart: results are in "), "\(run)")
            let first = try DTrainRun.results(results)
            let command = try #require(said("quickstart: the same run again: "), "\(run)")
            let again = try shell(data, command)
            try #require(again.exitCode == 0, "\(command): \(again)")
            #expect(try DTrainRun.results(output.isEmpty ? "\(results)-2" : results) == first)
        }

        /// All files and folders below a folder.
        private func everything(below folder: String) -> Set<String> {
            Set(FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? [])
        }

        /// Completions and manual pages stand beside the program; --uninstall removes them, and nothing else.
        @Test func whatIsInstalledIsRemoved() throws {
            let data = try TestData()
            defer { data.remove() }
            let root = try checkout(data)
            _ = try SameBytes.configuration(data, "mlp")
            let prefix = data.path("linked here")
            let install = "'\(root)/scripts/quickstart' --config mlp.yaml --dry-run"
            let uninstall = "'\(root)/scripts/quickstart' --uninstall"
            #expect(try shell(data, uninstall).standardOutput.contains("nothing is installed in \(prefix)"))
            // The second time the files are replaced.
            for _ in 1...2 {
                let run = try shell(data, install)
                try #require(run.exitCode == 0, "\(run)")
                #expect(run.standardOutput.contains("--uninstall removes all of it"), "\(run)")
            }
            let files = try everything(below: prefix).filter { path in
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(prefix)/\(path)")
                return attributes[.type] as? FileAttributeType != .typeDirectory
            }
            for file in [
                "bin/dtrain", "share/bash-completion/completions/dtrain", "share/zsh/site-functions/_dtrain",
                "share/fish/vendor_completions.d/dtrain.fish", "share/man/man1/dtrain.1",
                "share/man/man1/dtrain-train.1",
            ] {
                #expect(files.contains(file), "\(files.sorted())")
                let attributes = try FileManager.default.attributesOfItem(
                    atPath: URL(fileURLWithPath: "\(prefix)/\(file)").resolvingSymlinksInPath().path)
                #expect((attributes[.size] as? Int ?? 0) > 1000, "\(file)")
            }
            let loaded = try shell(
                data, "bash -c '. \"$PREFIX/share/bash-completion/completions/dtrain\"; complete -p dtrain'")
            #expect(loaded.exitCode == 0, "\(loaded)")
            // What others have put there stays, with its folder.
            try data.write("linked here/share/man/man1/other.1", text: "other\n")
            let removed = try shell(data, uninstall)
            #expect(removed.exitCode == 0 && removed.standardError.isEmpty, "\(removed)")
            for file in files {
                #expect(removed.standardOutput.contains("removed \(prefix)/\(file)\n"), "\(file): \(removed)")
            }
            #expect(
                everything(below: prefix) == [
                    "share", "share/man", "share/man/man1", "share/man/man1/other.1",
                ])
            #expect(
                removed.standardOutput.contains("left \(prefix)/share/man/man1, which is not empty"),
                "\(removed)")
            #expect(try shell(data, uninstall).standardOutput.contains("nothing is installed"))
            // Without the other file nothing is left at all.
            try FileManager.default.removeItem(atPath: prefix)
            try #require(try shell(data, install).exitCode == 0)
            #expect(try shell(data, uninstall).exitCode == 0)
            #expect(!FileManager.default.fileExists(atPath: prefix))
        }

        /// A folder that cannot be made costs the file, not the training.
        @Test func foldersThatCannotBeWritten() throws {
            let data = try TestData()
            defer { data.remove() }
            let root = try checkout(data)
            _ = try SameBytes.configuration(data, "mlp")
            try data.write("linked here/share/fish", text: "no folder\n")
            let run = try shell(data, "'\(root)/scripts/quickstart' --config mlp.yaml --dry-run")
            #expect(run.exitCode == 0 && run.standardOutput.contains("dry run"), "\(run)")
            let missing = data.path("linked here/share/fish/vendor_completions.d/dtrain.fish")
            #expect(run.standardOutput.contains("cannot write \(missing); going on without it"), "\(run)")
            #expect(everything(below: data.path("linked here")).contains("share/zsh/site-functions/_dtrain"))
            #expect(try shell(data, "'\(root)/scripts/quickstart' --uninstall").exitCode == 0)
            #expect(everything(below: data.path("linked here")) == ["share", "share/fish"])
        }
    }
}
