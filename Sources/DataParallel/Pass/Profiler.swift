import Runtime

/// Measures where the time of a rank's steps goes: every operation on its worker, and the work between operations.
///
/// Totals cover all steps after the first, which includes planning and warm-up; the timeline covers a few steps.
package final class Profiler {
    /// The total of one kind of work on this rank.
    package struct Row: Codable, Sendable {
        /// The operation and its shape.
        package let name: String
        package let detail: String
        /// Whether its operations are products of bfloat16 numbers.
        package let isBFloat16: Bool
        /// Floating-point operations, bytes, runs, and their time in nanoseconds.
        package var flops: Int
        package var byteCount: Int
        package var runs: Int
        package var nanoseconds: UInt64
    }

    /// A span of the timeline.
    package struct Event: Sendable {
        /// The worker's number; one more than the last worker's for communication.
        package let thread: Int
        package let span: SpanLog.Span
    }

    /// Work that is not an operation of the model.
    enum Overhead {
        static let batch = StepDescription(name: "make batch")
        static let statistics = StepDescription(name: "wait for statistics")
        static let gradients = StepDescription(name: "wait for gradients")
        static let exchange = StepDescription(name: "sum gradients of ranks")
        static let merge = StepDescription(name: "sum gradients of shards")
        static let update = StepDescription(name: "update parameters")
        static let weights = StepDescription(name: "send parameters to nodes")
        static let ranks = StepDescription(name: "wait for ranks")
    }

    /// The spans of each worker.
    let workers: [SpanLog]
    /// The spans of the thread that makes MPI calls, apart from operations.
    let communication = SpanLog()
    /// Totals, in the order in which the kinds of work first occurred.
    package private(set) var rows: [Row] = []
    /// Spans of the first counted steps.
    package private(set) var timeline: [Event] = []
    /// The number of counted steps and their total time in nanoseconds.
    package private(set) var steps = 0
    package private(set) var nanoseconds: UInt64 = 0
    private var rowOfText: [String: Int] = [:]
    private var stepStart: UInt64 = 0
    private var seen = 0
    private let timelineSteps: Int

    /// A profiler for `workers` workers that keeps the timeline of `timelineSteps` steps.
    init(workers: Int, timelineSteps: Int) {
        self.workers = (0..<workers).map { _ in SpanLog() }
        self.timelineSteps = timelineSteps
    }

    func beginStep() { stepStart = SpanLog.now() }

    /// Adds a step's spans to the totals.
    func endStep() {
        defer {
            seen += 1
            for log in workers + [communication] { log.removeAll() }
        }
        guard seen > 0 else { return }
        steps += 1
        nanoseconds += SpanLog.now() - stepStart
        for (thread, log) in (workers + [communication]).enumerated() {
            for span in log.spans {
                let row = self.row(span.description)
                rows[row].flops += span.description.flops
                rows[row].byteCount += span.description.byteCount
                rows[row].runs += 1
                rows[row].nanoseconds += span.end - span.start
                if steps <= timelineSteps { timeline.append(Event(thread: thread, span: span)) }
            }
        }
    }

    /// Work of the same name and shape shares one row, whichever program it comes from.
    private func row(_ description: StepDescription) -> Int {
        let kind = description.detail.isEmpty ? "\(description.byteCount)" : description.detail
        let text = "\(description.name)\n\(kind)\n\(description.isBFloat16)"
        if let known = rowOfText[text] { return known }
        rowOfText[text] = rows.count
        rows.append(
            Row(
                name: description.name, detail: description.detail, isBFloat16: description.isBFloat16,
                flops: 0, byteCount: 0, runs: 0,
                nanoseconds: 0))
        return rows.count - 1
    }
}

extension SpanLog? {
    /// Runs `body` and, if there is a log, records its time.
    func timed<T>(_ description: StepDescription, _ body: () throws -> T) rethrows -> T {
        guard let log = self else { return try body() }
        let start = SpanLog.now()
        defer { log.append(description, since: start) }
        return try body()
    }
}
