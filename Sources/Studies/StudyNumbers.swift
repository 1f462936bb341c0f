import Configuration
import Training

/// Collects a run's numbers for a study, including those from before the run was resumed.
final class StudyNumbers: RunSink {
    private let folder: String
    private var hasStarted = false
    private var rows: [String: [[String: Double]]] = [:]
    /// The numbers of the last epoch and of the end, by their names in metrics.jsonl.
    private(set) var last: [String: Double] = [:]

    /// Collects from a run with this output folder.
    init(ofRunIn folder: String) { self.folder = folder }

    /// The numbers of all epochs, logged steps or evaluations, in order.
    func rows(_ axis: StudyConfiguration.Axis) -> [[String: Double]] { rows[axis.rawValue] ?? [] }

    /// Reads the numbers in the run's folder, in which later lines have already been removed.
    func start(at position: Int) throws {
        (rows, last, hasStarted) = ([:], [:], true)
        for event in try MetricsFile.events(ofRunIn: folder) { take(event) }
    }

    /// Reads the numbers of a run that had finished before, and so has no events.
    func takeFinished() throws {
        if !hasStarted { try start(at: 0) }
    }

    func take(_ event: RunEvent) {
        guard let kind = event.kind else { return }
        var numbers = Dictionary(
            event.numbers.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
        // The end alone has numbers of classes.
        for field in kind == "end" ? event.fields : [] {
            guard case .numbers(let values) = field.value else { continue }
            for (place, value) in values.enumerated() where value.isFinite {
                numbers["\(field.name).\(place)"] = value
            }
        }
        rows[kind, default: []].append(numbers)
        // The end of an epoch is an evaluation, too, and has no event of that name beside its own.
        if kind == "epoch" { rows[StudyConfiguration.Axis.evaluation.rawValue, default: []].append(numbers) }
        if kind == "epoch" || kind == "end" { last.merge(numbers) { _, new in new } }
    }
}
