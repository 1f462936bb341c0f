/// `metrics.jsonl`: one JSON object per line, appended during the run.
final class MetricsLog: RunSink {
    let name = RunFolder.metricsName
    private let file: AppendedFile

    /// A log that is not opened yet; see `AppendedFile`.
    init(path: String, mayWrite: @escaping () -> Bool = { true }, _ warn: @escaping (String) -> Void) {
        file = AppendedFile(
            path: path, AppendedFile.Words(subject: "metrics", piece: "line"), mayWrite: mayWrite, warn)
    }

    var position: Int { file.position }
    /// The number of lines that could not be written, and the reason of the first failure.
    var lost: (count: Int, reason: String)? { file.lost }

    func start(at length: Int) throws { try file.start(at: length) }

    func take(_ event: RunEvent) {
        guard let line = event.line else { return }
        file.append(Array(line.line.utf8))
    }

    var synchronization: (@Sendable () throws -> Void)? { file.synchronization }

    func finish() throws { try file.finish() }
}
