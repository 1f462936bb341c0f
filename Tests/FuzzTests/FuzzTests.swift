import Foundation
import FuzzSupport
import ProcessSupport
import Testing

/// The fuzz harness for a bounded number of inputs, the same in every run; scripts/fuzz runs it longer.
@Suite(.serialized) struct FuzzTests {
    /// The folder of the corpus.
    static let corpus: String = {
        let folders = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
        return folders.joined(separator: "/") + "/Fuzz/Corpus"
    }()

    /// How many inputs each parser gets, and how many sorts of error they must at least end in: mutations that all pass,
    /// or all fail alike, would test nothing.
    static let plans: [(target: String, inputs: Int, kinds: Int)] = [
        ("idx", 10_000, 6), ("npy", 10_000, 6), ("csv", 5000, 5), ("text", 3000, 2),
        ("cifar10", 2000, 2), ("gzip", 5000, 5),
        ("safetensors", 10_000, 9), ("yaml", 1500, 7), ("override", 1500, 5), ("study", 500, 5),
        ("manifest", 5000, 1), ("state", 3000, 1),
    ]

    private static func fuzz(_ arguments: [String]) throws -> ProcessResult {
        try ProcessRun.run(
            BuiltExecutable.path("fuzz"),
            (arguments.contains("--corpus") ? [] : ["--corpus", corpus]) + arguments,
            timeLimit: Promptness.patience
        )
    }

    @Test func everyParserHasAPlan() {
        #expect(Self.plans.map(\.target) == FuzzTarget.all.map(\.name))
    }

    @Test(arguments: plans.indices) func damagedFilesAreRefusedOrWhole(_ index: Int) throws {
        let plan = Self.plans[index]
        let run = try Self.fuzz(["--target", plan.target, "--inputs", "\(plan.inputs)", "--seed", "2024"])
        #expect(run.exitCode == 0 && run.standardOutput.contains(" 0 findings"), "\(run)")
        // "idx: 10000 inputs, 900 accepted, 9100 refused (header 100, size 300), 0 findings, ..."
        let words = run.standardOutput.split { " ,()\n".contains($0) }
        try #require(words.count > 6, "\(run)")
        #expect(Int(words[1]) == plan.inputs, "\(run)")
        let accepted = try #require(Int(words[3]))
        #expect(accepted > plan.inputs / 200 && accepted < plan.inputs * 95 / 100, "\(run)")
        let sorts = run.standardOutput.split(separator: "(").last?.split(separator: ")").first?.split(
            separator: ",")
        #expect(try #require(sorts).count >= plan.kinds, "\(run)")
    }

    /// Controls: what breaks a promise is found, told and kept, and the other inputs are read all the same.
    @Test(arguments: [
        ("trap", "crash by signal"), ("hang", "more than 1 seconds of processor time"),
        ("memory", "crash by signal"),
        ("promise", "broken promise: not what the file says"), ("message", "an error of more than one line"),
    ])
    func brokenParsersAreFound(_ name: String, _ says: String) throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "dtrain-fuzz-\(UUID().uuidString)"
        ).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // With this seed, one of the first sixty inputs is of the sort.
        let run = try Self.fuzz(
            [
                "--corpus", folder, "--target", "control-\(name)", "--inputs", "60", "--seed", "3", "--limit",
                "1",
            ])
        #expect(run.exitCode == 1 && run.standardError.contains(says), "\(run)")
        #expect(run.standardOutput.contains("control-\(name): 60 inputs"), "\(run)")
        let kept = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/control-\(name)")
        try #require(kept.count >= 1, "\(run)")
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: "\(folder)/control-\(name)/\(kept[0])"))
                == Data("x".utf8))
        // What was kept breaks the parser again.
        if name != "hang" {
            let again = try Self.fuzz(["--corpus", folder, "--target", "control-\(name)", "--replay"])
            #expect(again.exitCode == 1 && again.standardError.contains(says), "\(again)")
        }
    }

    /// Every past crash and every nasty case of the fault table, with what is said of it.
    @Test func theCorpusIsReadAsExpected() throws {
        let run = try Self.fuzz(["--replay"])
        #expect(run.exitCode == 0, "\(run)")
        for target in FuzzTarget.all {
            let corpus = try Corpus(folder: Self.corpus, target: target.name)
            #expect(!corpus.files.isEmpty, "\(target.name)")
            for file in corpus.files {
                #expect(
                    run.standardOutput.contains("\(target.name)/\(file.name): "),
                    "\(target.name)/\(file.name)")
            }
        }
    }

    /// The same seed makes the same inputs, another one others.
    @Test func inputsDependOnTheSeedAlone() {
        for target in FuzzTarget.all {
            let inputs = (0..<20).map { target.input(seed: 1, number: $0, corpus: []) }
            #expect(
                inputs == (0..<20).map { target.input(seed: 1, number: $0, corpus: []) }, "\(target.name)")
            #expect(
                inputs != (0..<20).map { target.input(seed: 2, number: $0, corpus: []) }, "\(target.name)")
        }
    }
}
