import Foundation
import FuzzSupport
import Glibc

/// The process that reads the inputs: it has little memory, little time for each input, and dies of what is wrong.
struct Worker {
    /// Memory beyond what the process has when it begins.
    static let memory: UInt = 256 << 20

    private let target: FuzzTarget
    private let corpus: Corpus
    private let statusFile: StatusFile
    private let seed: UInt64
    /// Processor time of one input in seconds; a machine that is busy otherwise does not count.
    private let limit: Int
    private var status = StatusFile.Status()
    private var kinds: [String: Int] = [:]

    /// A worker for one parser.
    init(_ target: FuzzTarget, _ corpus: Corpus, status: StatusFile, seed: UInt64, limit: Int) {
        self.target = target
        self.corpus = corpus
        self.statusFile = status
        self.seed = seed
        self.limit = limit
    }

    /// Reads inputs until there were `count`, or the seconds have passed; prints how often each sort of error occurred.
    mutating func run(first: UInt64, count: UInt64, seconds: Double) throws {
        let seeds = corpus.seeds
        status.number = first
        statusFile.write(status)
        startTimer()
        // Whatever the first use of anything allocates is not counted.
        _ = target.judge(target.input(seed: seed, number: first, corpus: []))
        Self.limitMemory()
        let end = ContinuousClock.now + .seconds(min(seconds, 1e9))
        while status.number - first < count {
            if status.number % 16 == 0, ContinuousClock.now > end { break }
            statusFile.write(status)
            startTimer()
            let verdict = target.judge(target.input(seed: seed, number: status.number, corpus: seeds))
            note(verdict)
            status.number += 1
        }
        statusFile.write(status)
        for (kind, count) in kinds.sorted(by: { $0.key < $1.key }) { print("kind\t\(kind)\t\(count)") }
    }

    /// Reads the corpus's files from a place on and prints the verdict on each.
    mutating func replay(from first: UInt64) throws {
        Self.limitMemory()
        for (number, file) in corpus.files.enumerated().dropFirst(Int(first)) {
            status.number = UInt64(number)
            statusFile.write(status)
            startTimer()
            let verdict = target.judge(file.bytes)
            print("file\t\(file.name)\t\(verdict.text)")
            fflush(nil)
            note(verdict)
        }
        status.number = UInt64(corpus.files.count)
        statusFile.write(status)
    }

    private mutating func note(_ verdict: Verdict) {
        switch verdict {
        case .accepted: status.accepted += 1
        case .refused(let refusals):
            status.refused += 1
            for refusal in refusals { kinds[refusal.kind, default: 0] += 1 }
        case .wrong(let why):
            FileHandle.standardError.write(Data("\(why)\n".utf8))
            exit(3)
        }
    }

    /// SIGPROF ends the process unless this is called again in time.
    private func startTimer() {
        var timer = itimerval()
        timer.it_value.tv_sec = limit
        setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &timer, nil)
    }

    /// An allocation beyond the limit fails, which ends the process or becomes an error that counts as a finding.
    private static func limitMemory() {
        let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?
            .split(separator: " ").first.flatMap { UInt($0) }
        precondition(pages != nil, "no /proc/self/statm")
        let most = (pages ?? 0) * UInt(sysconf(Int32(_SC_PAGESIZE))) + memory
        var limit = rlimit(rlim_cur: most, rlim_max: most)
        precondition(
            setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, "setrlimit: errno \(errno)")
        limit = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
    }
}
