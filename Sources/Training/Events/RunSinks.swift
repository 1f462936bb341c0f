/// All sinks of a run; empty on ranks other than 0.
final class RunSinks {
    private let sinks: [any RunSink]

    /// The sinks of a run that writes to `folder`, or of one that writes nothing. A new one gets its place here.
    ///
    /// - Parameters:
    ///   - terminal: Where a person looks; nil on ranks other than 0.
    ///   - warn: Tells a person.
    init(
        _ settings: TrainingSettings, folder: RunFolder?, terminal: ProgressReporter?,
        warn: @escaping (String) -> Void
    ) {
        var sinks: [any RunSink] = []
        if let folder {
            let mayWrite = { folder.seemsLocked }
            sinks.append(MetricsLog(path: folder.file(RunFolder.metricsName), mayWrite: mayWrite, warn))
            if settings.writesTensorBoard {
                sinks.append(TensorBoardLog(settings, folder: folder.path, mayWrite: mayWrite, warn))
            }
            if settings.writesCSV {
                sinks += TableLog.Kind.allCases.map {
                    TableLog($0, folder: folder.path, mayWrite: mayWrite, warn)
                }
            }
            sinks += settings.sinks
        }
        // Last: what it says of results is true then.
        if let terminal { sinks.append(terminal) }
        self.sinks = sinks
    }

    /// The files in a run's folder that sinks append to, with the names that checkpoints have for these.
    static func files(in folder: String) -> [(sink: String, name: String)] {
        [(RunFolder.metricsName, RunFolder.metricsName)]
            + TableLog.Kind.allCases.map { ($0.fileName, $0.fileName) }
            + TensorBoardLog.fileNames(in: folder).map { (TensorBoardLog.name, $0) }
    }

    /// Throws where two sinks of one's own, or one and a file of the run, have one name.
    static func check(_ settings: TrainingSettings) throws {
        var names = Set(TableLog.Kind.allCases.map(\.fileName))
        names.formUnion([RunFolder.metricsName, TensorBoardLog.name])
        for name in settings.sinks.map(\.name) where !name.isEmpty && !names.insert(name).inserted {
            throw TrainingError(
                .configuration,
                "two sinks of the run are called \"\(name)\": give each that keeps a position a name of its own"
            )
        }
    }

    /// Hands an event to all; it is made only where there is one.
    func take(_ event: @autoclosure () -> RunEvent) {
        guard !sinks.isEmpty else { return }
        let event = event()
        for sink in sinks { sink.take(event) }
    }

    /// Whether one wants to know how far the run is.
    var wantProgress: Bool { sinks.contains { $0.wantsProgress } }

    /// Whether one wants histograms at the end of epochs.
    var wantHistograms: Bool { sinks.contains { $0.wantsHistograms } }

    /// Whether one asks to stop the run.
    var askToStop: Bool { sinks.contains { $0.asksToStop } }

    /// How far each is that keeps a position.
    var positions: [String: Int] {
        Dictionary(
            uniqueKeysWithValues: sinks.filter { !$0.name.isEmpty }.map { ($0.name, $0.position) })
    }

    /// Begins, or goes on where a checkpoint says.
    func start(at positions: [String: Int]) throws {
        for sink in sinks { try sink.start(at: positions[sink.name] ?? 0) }
    }

    /// What waits until all that was taken so far is on disk.
    var synchronization: @Sendable () throws -> Void {
        let waits = sinks.compactMap(\.synchronization)
        return { for wait in waits { try wait() } }
    }

    /// Ends all of them, the first error being the run's.
    func finish() throws {
        let outcomes = sinks.map { sink in Result { try sink.finish() } }
        for outcome in outcomes { try outcome.get() }
    }
}
