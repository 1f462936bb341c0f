import Layers

/// All sinks of a run; empty on ranks other than 0.
final class RunSinks {
    private let sinks: [any RunSink]
    /// Keeps parameters; nil where none are kept.
    let parameters: ParameterLog?

    /// The sinks of a run that writes to `folder`, or of a run that writes nothing. New kinds of sinks are added here.
    ///
    /// - Parameters:
    ///   - model: The model that is trained.
    ///   - terminal: Reports to the person at the terminal; nil on ranks other than 0.
    ///   - warn: Prints a warning.
    init(
        _ settings: TrainingSettings, of model: TracedModel, folder: RunFolder?, terminal: ProgressReporter?,
        warn: @escaping (String) -> Void
    ) {
        var sinks: [any RunSink] = []
        var parameters: ParameterLog?
        if let folder {
            let mayWrite = { folder.seemsLocked }
            sinks.append(MetricsLog(path: folder.file(RunFolder.metricsName), mayWrite: mayWrite, warn))
            if settings.writesTensorBoard {
                sinks.append(TensorBoardLog(settings, folder: folder.path, mayWrite: mayWrite, warn))
            }
            if settings.writesCSV {
                let kinds = TableLog.Kind.allCases.filter {
                    $0 != .evaluation || settings.evaluationSteps != nil
                }
                sinks += kinds.map {
                    TableLog(
                        $0, folder: folder.path, hasEffectiveRates: settings.effectiveRateSteps != nil,
                        hasCovariateShift: settings.covariateShiftSteps != nil,
                        mayWrite: mayWrite, warn)
                }
            }
            if settings.parameterSteps != nil {
                let log = ParameterLog(of: model, folder: folder.path, mayWrite: mayWrite, warn)
                parameters = log
                sinks.append(log)
            }
            sinks += settings.sinks
        }
        // Last, so that what it says about results is already true.
        if let terminal { sinks.append(terminal) }
        self.sinks = sinks
        self.parameters = parameters
    }

    /// The files that sinks append to in a run's folder, with the sinks' names in checkpoints.
    static func files(in folder: String) -> [(sink: String, name: String)] {
        [RunFolder.metricsName, RunFolder.pathRowsName].map { ($0, $0) }
            + TableLog.Kind.allCases.map { ($0.fileName, $0.fileName) }
            + TensorBoardLog.fileNames(in: folder).map { (TensorBoardLog.name, $0) }
    }

    /// Throws if two sinks, or a sink and a file of the run, have the same name.
    static func check(_ settings: TrainingSettings) throws {
        var names = Set(TableLog.Kind.allCases.map(\.fileName))
        names.formUnion([RunFolder.metricsName, RunFolder.pathRowsName, TensorBoardLog.name])
        for name in settings.sinks.map(\.name) where !name.isEmpty && !names.insert(name).inserted {
            throw TrainingError(
                .configuration,
                "two sinks of the run are called \"\(name)\": give each that keeps a position a name of its own"
            )
        }
    }

    /// Passes an event to all sinks; the event is not made if there are none.
    func take(_ event: @autoclosure () -> RunEvent) {
        guard !sinks.isEmpty else { return }
        let event = event()
        for sink in sinks { sink.take(event) }
    }

    /// Whether any sink wants to know how far the run is.
    var wantProgress: Bool { sinks.contains { $0.wantsProgress } }

    /// Whether any sink wants histograms at the ends of epochs.
    var wantHistograms: Bool { sinks.contains { $0.wantsHistograms } }

    /// Whether any sink asks to stop the run.
    var askToStop: Bool { sinks.contains { $0.asksToStop } }

    /// The positions of sinks that have one, by their names.
    var positions: [String: Int] {
        Dictionary(
            uniqueKeysWithValues: sinks.filter { !$0.name.isEmpty }.map { ($0.name, $0.position) })
    }

    /// Starts all sinks at the positions from a checkpoint, or at 0.
    func start(at positions: [String: Int]) throws {
        for sink in sinks { try sink.start(at: positions[sink.name] ?? 0) }
    }

    /// Waits until everything that sinks have taken so far is on disk.
    var synchronization: @Sendable () throws -> Void {
        let waits = sinks.compactMap(\.synchronization)
        return { for wait in waits { try wait() } }
    }

    /// Finishes all sinks, then throws the first error.
    func finish() throws {
        let outcomes = sinks.map { sink in Result { try sink.finish() } }
        for outcome in outcomes { try outcome.get() }
    }
}
