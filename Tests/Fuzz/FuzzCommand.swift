import ArgumentParser
import Foundation
import FuzzSupport

/// Feeds damaged files to the parsers of everything that comes from outside.
@main
struct FuzzCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fuzz",
        abstract: "Feeds damaged files to dtrain's parsers, in a process of its own that may crash.",
        discussion: """
            Every input must be accepted, and then be all that its format promises, or be refused with one line that \
            names the file, within --limit seconds of processor time and 256 MiB. What breaks that is a finding: its input is \
            kept in the corpus, and the exit code is 1. Seed and number decide an input as long as the corpus is the same.
            """)

    @Option(help: "The parser, one of \(names); repeatable. By default all of them, in turn.")
    var target: [String] = []

    @Option(help: "Inputs for each parser; without it and --seconds 100000.")
    var inputs: UInt64?

    @Option(help: "Seconds for each parser.")
    var seconds: Double?

    @Option(help: "What the inputs are drawn from.")
    var seed: UInt64 = 0

    @Option(help: "The number of the first input.")
    var first: UInt64 = 0

    @Option(help: "Seconds of processor time that one input may take.")
    var limit = 5

    @Option(help: "The folder of files to start from.")
    var corpus = "Tests/Fuzz/Corpus"

    @Flag(help: "Reads the corpus's files themselves and prints what becomes of each.")
    var replay = false

    @Option(help: .hidden)
    var worker: String?

    /// The controls run only where they are asked for.
    private static let targets = FuzzTarget.all + FuzzTarget.controls
    private static let names = FuzzTarget.all.map(\.name).joined(separator: ", ")

    func validate() throws {
        for name in target where !Self.targets.contains(where: { $0.name == name }) {
            throw ValidationError("\(name) is none of \(Self.names)")
        }
        if limit < 1 { throw ValidationError("--limit must be at least 1") }
    }

    func run() throws {
        let targets = target.isEmpty ? FuzzTarget.all : Self.targets.filter { target.contains($0.name) }
        let count = seconds == nil ? inputs ?? 100_000 : inputs ?? .max
        if let worker {
            for target in targets {
                var worker = try Worker(
                    target, Corpus(folder: corpus, target: target.name), status: StatusFile(worker),
                    seed: seed, limit: limit)
                if replay {
                    try worker.replay(from: first)
                } else {
                    try worker.run(first: first, count: count, seconds: seconds ?? .infinity)
                }
            }
            return
        }
        var findings = 0
        for target in targets {
            var campaign = try Campaign(target, corpus: corpus, seed: seed, limit: limit)
            if replay {
                try campaign.replay()
            } else {
                try campaign.run(first: first, count: count, seconds: seconds ?? .infinity)
            }
            print(campaign.summary)
            findings += campaign.findings
        }
        if findings > 0 { throw ExitCode(1) }
    }
}
