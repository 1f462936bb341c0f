import Cluster
import Layers
import Messages

/// What an evaluation adds up for its metrics: integers, which may be summed in any order, and Float64 sums of each
/// shard, which are summed in the fixed tree.
struct MetricPlan: Sendable {
    /// The metrics asked for.
    let metrics: [Metric]
    /// The number of scores or estimates of an example, or of one of its positions.
    let outputs: Int
    /// The rows of scores of an example: 1, or the number of its positions.
    let rowCount: Int
    /// Whether examples have classes.
    let hasClasses: Bool
    /// The values of k whose top-k accuracy is counted.
    let choices: [Int]
    /// What is counted by class.
    let counted: Counted
    /// Whether estimates are compared with targets.
    let comparesValues: Bool
    /// The custom metrics, each once.
    let customs: [CustomMetric]

    enum Counted {
        /// No counts by class.
        case nothing
        /// The correct, the predicted and the present examples of each class.
        case classes
        /// Examples by pair of true and predicted class.
        case pairs
    }

    /// The plan for these metrics; throws on one that does not fit the model or its targets.
    init(_ metrics: [Metric], model: TracedModel) throws {
        for metric in metrics {
            guard let problem = metric.problem(in: model) else { continue }
            let others = Metric.names.filter { Metric(name: $0)?.problem(in: model) == nil }
            throw ModelDataError.metric("\(problem); choose among \(others.joined(separator: ", "))")
        }
        self.metrics = metrics
        outputs = model.scoreCount
        rowCount = model.rowCount
        if case .classes = model.target { hasClasses = true } else { hasClasses = false }
        choices = metrics.compactMap { if case .topAccuracy(let count) = $0 { count } else { nil } }
        counted =
            metrics.contains(.confusionMatrix)
            ? .pairs : metrics.contains { [.precision, .recall, .f1].contains($0) } ? .classes : .nothing
        comparesValues = metrics.contains(.r2) || metrics.contains(.mae)
        customs = metrics.reduce(into: []) { found, metric in
            if case .custom(let custom) = metric, !found.contains(custom) { found.append(custom) }
        }
    }

    /// The number of Float64 sums of a shard: its loss, its correct examples if it has classes, the errors of each
    /// output, the custom metrics.
    var sumCount: Int { firstCustom + customs.count }

    /// The index of the first custom metric's sum.
    var firstCustom: Int { 1 + (hasClasses ? 1 : 0) + (comparesValues ? 2 * outputs : 0) }

    /// The number of counters of a worker: one per value of k, then the counts by class.
    var counterCount: Int {
        switch counted {
        case .nothing: choices.count
        case .classes: choices.count + 3 * outputs
        case .pairs: choices.count + outputs * outputs
        }
    }

    /// Adds a shard's examples with classes, or the positions of examples.
    ///
    /// - Parameters:
    ///   - scores: [rows, outputs].
    ///   - labels: [rows], −1 for a position that does not count.
    ///   - sums: The shard's sums.
    ///   - counters: The worker's counters.
    func add(
        scores: UnsafePointer<Float>, rows: Int, labels: UnsafePointer<Int32>,
        to sums: UnsafeMutablePointer<Double>, counters: UnsafeMutablePointer<Int>
    ) {
        if counterCount > 0 { count(scores: scores, labels: labels, rows: rows, into: counters) }
        for (place, metric) in customs.enumerated() {
            sums[firstCustom + place] = metric.sum(scores, width: outputs, labels: labels, rows: rows)
        }
    }

    /// Adds a shard's examples with numeric targets.
    ///
    /// - Parameters:
    ///   - estimates: [examples, rowCount, outputs].
    ///   - targets: The same.
    ///   - lengths: How many rows of each example count; nil for all.
    ///   - sums: The shard's sums.
    func add(
        estimates: UnsafePointer<Float>, examples: Int, targets: UnsafePointer<Float>,
        lengths: UnsafePointer<Int32>? = nil, to sums: UnsafeMutablePointer<Double>
    ) {
        for example in 0..<examples {
            let start = example * rowCount * outputs
            let rows = lengths.map { min(rowCount, Int($0[example])) } ?? rowCount
            if comparesValues {
                compare(estimates: estimates + start, targets: targets + start, rows: rows, into: sums)
            }
            for (place, metric) in customs.enumerated() {
                sums[firstCustom + place] = metric.sum(
                    estimates + start, width: outputs, targets: targets + start, rows: rows,
                    from: sums[firstCustom + place])
            }
        }
    }

    /// Counts a shard's examples, or positions, in a worker's counters.
    private func count(
        scores: UnsafePointer<Float>, labels: UnsafePointer<Int32>, rows: Int,
        into counters: UnsafeMutablePointer<Int>
    ) {
        let classes = counters + choices.count
        for place in 0..<rows where labels[place] >= 0 {
            let row = UnsafeBufferPointer(start: scores + place * outputs, count: outputs)
            let label = Int(labels[place])
            if !choices.isEmpty {
                let rank = Self.rank(of: label, in: row)
                for (place, choice) in choices.enumerated() where rank < choice { counters[place] += 1 }
            }
            switch counted {
            case .nothing: break
            case .classes:
                let predicted = Self.firstLargest(row)
                if predicted == label { classes[label] += 1 }
                classes[outputs + predicted] += 1
                classes[2 * outputs + label] += 1
            case .pairs: classes[label * outputs + Self.firstLargest(row)] += 1
            }
        }
    }

    /// Adds Σ |t − p| of each output over some rows, then Σ (t − p)², to the sums after the loss.
    private func compare(
        estimates: UnsafePointer<Float>, targets: UnsafePointer<Float>, rows: Int,
        into sums: UnsafeMutablePointer<Double>
    ) {
        for row in 0..<rows {
            for output in 0..<outputs {
                let place = row * outputs + output
                let error = Double(targets[place]) - Double(estimates[place])
                sums[1 + output] += abs(error)
                sums[1 + outputs + output] += error * error
            }
        }
    }

    /// The counts by class from the summed counters; nil where there are none.
    func classCounts(_ counters: [Int]) -> ClassCounts? {
        let counts = counters.dropFirst(choices.count)
        func part(_ index: Int) -> [Int] { Array(counts.dropFirst(index * outputs).prefix(outputs)) }
        switch counted {
        case .nothing: return nil
        case .classes: return ClassCounts(right: part(0), predicted: part(1), present: part(2))
        case .pairs: return ClassCounts(confusion: (0..<outputs).map(part))
        }
    }

    /// The index of the largest score, the first of equal ones; NaN counts as larger than any number.
    private static func firstLargest(_ row: UnsafeBufferPointer<Float>) -> Int {
        var best = 0
        for place in row.indices.dropFirst() where isLarger(row[place], than: row[best]) { best = place }
        return best
    }

    /// The number of scores ahead of `label`'s: larger ones, and equal ones that come before it.
    private static func rank(of label: Int, in row: UnsafeBufferPointer<Float>) -> Int {
        var rank = 0
        for place in 0..<label where !isLarger(row[label], than: row[place]) { rank += 1 }
        for place in row.indices.dropFirst(label + 1) where isLarger(row[place], than: row[label]) {
            rank += 1
        }
        return rank
    }

    private static func isLarger(_ a: Float, than b: Float) -> Bool { a > b || (a.isNaN && !b.isNaN) }
}
