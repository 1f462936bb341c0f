import Foundation
import FuzzSupport
import ProcessSupport

/// The inputs of one parser: starts workers, keeps what they die of, counts.
struct Campaign {
    /// The most findings before a campaign ends: the same fault may be behind all of them.
    private static let mostFindings = 10
    /// How long a worker lives; memory that is lost shows within this time.
    private static let workerSeconds = 60.0

    /// How many inputs broke the parser.
    private(set) var findings = 0
    private let target: FuzzTarget
    private let corpusFolder: String
    private let corpus: Corpus
    private let seed: UInt64
    private let limit: Int
    private var accepted: UInt64 = 0
    private var refused: UInt64 = 0
    private var kinds: [String: Int] = [:]
    private var elapsed = Duration.zero
    private var isReplay = false

    /// A campaign against one parser.
    init(_ target: FuzzTarget, corpus folder: String, seed: UInt64, limit: Int) throws {
        self.target = target
        corpusFolder = folder
        corpus = try Corpus(folder: folder, target: target.name)
        self.seed = seed
        self.limit = limit
    }

    /// Runs inputs until there were `count`, or the seconds have passed.
    mutating func run(first: UInt64, count: UInt64, seconds: Double) throws {
        let start = ContinuousClock.now
        var next = first
        while next - first < count, findings < Self.mostFindings {
            elapsed = ContinuousClock.now - start
            let rest = min(seconds - elapsed / .seconds(1), Self.workerSeconds)
            guard rest > 0 else { break }
            let end = try work(
                ["--first", "\(next)", "--inputs", "\(count - (next - first))", "--seconds", "\(rest)"])
            if let why = end.finding {
                let input = target.input(seed: seed, number: end.status.number, corpus: corpus.seeds)
                let path = try corpus.keep(input, seed: seed, number: end.status.number)
                report(
                    "seed \(seed), number \(end.status.number), \(input.count) bytes, kept in \(path): \(why)"
                )
                next = end.status.number + 1
            } else {
                next = end.status.number
            }
        }
        elapsed = ContinuousClock.now - start
    }

    /// Reads every file of the corpus; prints what becomes of it, and what was expected where that is not it.
    mutating func replay() throws {
        isReplay = true
        let start = ContinuousClock.now
        for name in corpus.missing { report("expected.txt names \(name), which is not there") }
        var next: UInt64 = 0
        while next < corpus.files.count {
            let end = try work(["--replay", "--first", "\(next)"])
            for line in end.output.split(separator: "\n") {
                let parts = line.split(separator: "\t", maxSplits: 2).map(String.init)
                guard parts.count == 3, parts[0] == "file",
                    let file = corpus.files.first(where: { $0.name == parts[1] })
                else { continue }
                print("\(target.name)/\(parts[1]): \(parts[2])")
                guard let expected = file.expected else { continue }
                let isExpected = expected == "accepted" ? parts[2] == expected : parts[2].contains(expected)
                if !isExpected { report("\(parts[1]) is not as expected: \(expected)") }
            }
            if let why = end.finding { report("\(corpus.files[Int(end.status.number)].name): \(why)") }
            next = end.status.number + (end.finding == nil ? 0 : 1)
        }
        elapsed = ContinuousClock.now - start
    }

    /// "idx: 100000 inputs, 1234 accepted, 98766 refused (header 5000, ...), 0 findings, 41000 inputs per second".
    var summary: String {
        let count = accepted + refused + UInt64(isReplay ? 0 : findings)
        let sorts = kinds.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        let rate = Int(Double(count) / max(elapsed / .seconds(1), 1e-3))
        return "\(target.name): \(count) inputs, \(accepted) accepted, \(refused) refused"
            + (sorts.isEmpty ? "" : " (\(sorts))") + ", \(findings) findings, \(rate) inputs per second"
    }

    private mutating func report(_ text: String) {
        findings += 1
        FileHandle.standardError.write(Data("fuzz: \(target.name): \(text)\n".utf8))
    }

    /// Runs one worker to its end, or until it dies.
    private mutating func work(
        _ options: [String]
    ) throws -> (status: StatusFile.Status, finding: String?, output: String) {
        let folder = FileManager.default.temporaryDirectory.path
        let file = StatusFile("\(folder)/dtrain-fuzz-\(target.name)-\(UUID().uuidString)")
        defer { file.remove() }
        let common = [
            "--target", target.name, "--worker", file.path, "--seed", "\(seed)", "--corpus", corpusFolder,
            "--limit", "\(limit)",
        ]
        // Waiting for what never comes takes no processor time: only this limit ends it.
        let result = try ProcessRun.run(
            "/proc/self/exe", common + options, timeLimit: .seconds(Self.workerSeconds + 120))
        let status = file.read()
        accepted += status.accepted
        refused += status.refused
        for line in result.standardOutput.split(separator: "\n") where line.hasPrefix("kind\t") {
            let parts = line.split(separator: "\t")
            if parts.count == 3 { kinds[String(parts[1]), default: 0] += Int(parts[2]) ?? 0 }
        }
        return (status, finding(result), result.standardOutput)
    }

    /// Why a worker died; nil if it did not.
    private func finding(_ result: ProcessResult) -> String? {
        if result.exitCode == 0 { return nil }
        let text = result.standardError.split(separator: "\n").prefix(3).joined(separator: " ")
        let why =
            switch result.exitCode {
            case 3: "broken promise"
            case 128 + SIGPROF: "more than \(limit) seconds of processor time"
            case 128 + SIGTERM, 128 + SIGKILL: result.timedOut ? "a hang" : "killed"
            case 129...: "crash by signal \(result.exitCode - 128)"
            default: "exit code \(result.exitCode)"
            }
        return text.isEmpty ? why : "\(why): \(text)"
    }
}
