import Foundation
import Glibc
import ProcessSupport
import Testing

/// A run of training-controls some of whose ranks were stopped by signals.
struct StoppedRun {
    /// What the run left.
    let result: ProcessResult
    /// When ranks were stopped; nil if they never were.
    let stopTime: Date?
    /// When mpirun and all its processes had ended.
    let endTime: Date
    /// Where its results are.
    var output = ""

    /// The step that must have been reached before ranks are stopped in training.
    static let firstStep = 20

    /// This machine's name as messages have it.
    static var host: String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        return name.withUnsafeBufferPointer { $0.baseAddress.flatMap { String(validatingCString: $0) } ?? "" }
    }

    /// Lines of the program itself on standard error.
    var lines: [String] {
        result.standardError.split(separator: "\n").map(String.init).filter {
            $0.hasPrefix("training-controls: ") || $0.hasPrefix("dtrain: ")
        }
    }

    /// Trains on `ranks` ranks, and stops those in `stopped` for `seconds`, or for good.
    ///
    /// - Parameters:
    ///   - afterSteps: Whether they are stopped in the middle of training, or else as soon as they exist.
    ///   - settled: Seconds of training before they are stopped, in which watchdogs hear of one another.
    static func run(
        _ data: TestData, _ ranks: Int, _ limit: Double, _ options: [String], stops stopped: [Int],
        for seconds: Double? = nil, afterSteps: Bool = true, settled: Double = 0
    ) throws -> StoppedRun {
        let output = data.path("run-\(UUID().uuidString)")
        var stopTime: Date?
        var firstLogged: Date?
        var isOver = false
        var pids: [Int32] = []
        let result = try start(data, ranks, output, ["stall=\(limit)"] + options) { session, _ in
            if let since = stopTime, let seconds, !isOver, Date().timeIntervalSince(since) > seconds {
                for pid in pids { kill(pid, SIGCONT) }
                isOver = true
            }
            guard stopTime == nil, !stopped.isEmpty, !afterSteps || hasLogged(output) else { return }
            let since = firstLogged ?? Date()
            firstLogged = since
            guard Date().timeIntervalSince(since) >= settled else { return }
            pids = stopped.compactMap { session.process(ofRank: $0) }
            guard pids.count == stopped.count else { return }
            for pid in pids { kill(pid, SIGSTOP) }
            stopTime = Date()
        }
        return StoppedRun(result: result, stopTime: stopTime, endTime: Date(), output: output)
    }

    /// Trains on two ranks, one of which runs a tenth of the time until there is a warning, at most `seconds`; then the run
    /// is asked to stop.
    static func throttled(_ data: TestData, rank: Int, seconds: Double) throws -> StoppedRun {
        let output = data.path("run-\(UUID().uuidString)")
        var stopTime: Date?
        var isStopped = false
        var hasAsked = false
        let result = try start(data, 2, output, ["stall=5", "epochs=1000", "batch=128", "log=20"]) {
            session, errors in
            guard stopTime != nil || hasLogged(output), let pid = session.process(ofRank: rank) else {
                return
            }
            let since = stopTime ?? Date()
            stopTime = since
            let elapsed = Date().timeIntervalSince(since)
            if elapsed > seconds || errors.contains("warning") {
                kill(pid, SIGCONT)
                if !hasAsked { kill(session.id, SIGUSR1) }
                hasAsked = true
                return
            }
            let stops = elapsed.truncatingRemainder(dividingBy: 1) > 0.1
            if stops != isStopped { kill(pid, stops ? SIGSTOP : SIGCONT) }
            isStopped = stops
        }
        return StoppedRun(result: result, stopTime: stopTime, endTime: Date(), output: output)
    }

    private static func start(
        _ data: TestData, _ ranks: Int, _ output: String, _ options: [String],
        meanwhile: (ProcessSession, String) -> Void
    ) throws -> ProcessResult {
        try MPIRun.run(
            ranks: ranks, executable: BuiltExecutable.path("training-controls"),
            arguments: ["none", data.path("rows.npy"), data.path("labels.npy"), output, "mlp"] + options,
            timeLimit: Promptness.patience, meanwhile: meanwhile)
    }

    /// Whether the run has logged metrics twice, every ten steps unless told otherwise.
    private static func hasLogged(_ output: String) -> Bool {
        guard let file = fopen("\(output)/metrics.jsonl", "r") else { return false }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = fread(&bytes, 1, bytes.count, file)
        return bytes[..<count].count { $0 == UInt8(ascii: "\n") } >= 2
    }

    /// Expects the run to have been given up with exit code 75 and one line of error, and every process to be gone within
    /// `patience` seconds after the limit; what the line says behind "error: ".
    func expectEnd(limit: Double?, patience: Double) throws -> String {
        #expect(result.exitCode == 75 && result.survivors == [], "\(result)")
        if let limit {
            let seconds = try endTime.timeIntervalSince(#require(stopTime, "\(result)"))
            #expect(seconds < (limit + patience) * Promptness.slowdown, "took \(seconds) s: \(result)")
        }
        let errors = lines.filter { $0.contains(": error: ") }
        #expect(errors.count == 1, "\(result)")
        return errors.first.map { String($0.split(separator: ": error: ", maxSplits: 1)[1]) } ?? ""
    }

    /// The bytes of the trained weights.
    func weights(_ data: TestData) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: "\(output)/weights.safetensors"))
    }
}
