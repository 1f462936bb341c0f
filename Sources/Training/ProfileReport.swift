import DataParallel
import Foundation
import Messages

/// How the time of a run's steps was spent, over all ranks, compared with the highest speeds of the machine.
struct ProfileReport {
    /// One rank's measurements.
    struct Rank: Codable {
        let rows: [Profiler.Row]
        let steps: Int
        /// The total time of the counted steps.
        let nanoseconds: UInt64
        /// The speed of a large matrix product in GFLOP/s, and of copying memory in GB/s, on one core.
        let gigaflops: Double
        /// The speed of products of bfloat16 numbers; 0 in a run without any.
        let bfloat16Gigaflops: Double
        let gigabytes: Double
    }

    /// The total of one kind of work.
    struct Operation: Codable {
        let name: String
        let shape: String
        /// Runs per step, over all ranks.
        let runsPerStep: Double
        /// Time per step: summed over a rank's workers, then the mean over ranks.
        let millisecondsPerStep: Double
        /// The share of a step's time on all workers, from 0 to 1.
        let share: Double
        /// Floating-point operations and bytes per step, over all ranks.
        let flopsPerStep: Int
        let bytesPerStep: Int
        /// Speeds while the work runs; 0 if it has no such operations.
        let gflopsPerSecond: Double
        let gbytesPerSecond: Double
        /// The speeds as shares of one core's highest speed, of bfloat16 products where those are what it does. An algorithm
        /// that saves operations is credited with the plain one's.
        let peakFlopsFraction: Double
        let peakBytesFraction: Double
    }

    /// The content of operations.json.
    private struct File: Encodable {
        let ranks: Int
        let steps: Int
        let millisecondsPerStep: Double
        let peakGflopsPerSecond: Double
        /// Of products of bfloat16 numbers; 0 in a run without any.
        let peakBfloat16GflopsPerSecond: Double
        let peakGbytesPerSecond: Double
        let operations: [Operation]
    }

    /// The kinds of work, the longest first.
    let operations: [Operation]
    private let ranks: Int
    private let steps: Int
    private let millisecondsPerStep: Double
    private let peak: (flops: Double, bfloat16: Double, bytes: Double)

    /// Adds the measurements of all ranks.
    init(_ measured: [Rank]) {
        var rows: [Profiler.Row] = []
        var places: [String: Int] = [:]
        for row in measured.flatMap(\.rows) {
            // Without a shape, kinds are told apart by the bytes of one run.
            let size = row.detail.isEmpty ? "\(row.byteCount / max(1, row.runs))" : row.detail
            let key = "\(row.name)\n\(size)\n\(row.isBFloat16)"
            if let place = places[key] {
                rows[place].flops += row.flops
                rows[place].byteCount += row.byteCount
                rows[place].runs += row.runs
                rows[place].nanoseconds += row.nanoseconds
            } else {
                places[key] = rows.count
                rows.append(row)
            }
        }
        let ranks = measured.count
        let steps = max(1, measured[0].steps)
        let stepTime = Double(measured.map(\.nanoseconds).reduce(0, +)) / Double(ranks * steps)
        let peak = (
            flops: measured.map(\.gigaflops).reduce(0, +) / Double(ranks),
            bfloat16: measured.map(\.bfloat16Gigaflops).max() ?? 0,
            bytes: measured.map(\.gigabytes).reduce(0, +) / Double(ranks)
        )
        operations = rows.map { row in
            let time = Double(row.nanoseconds)
            let flops = time > 0 ? Double(row.flops) / time : 0
            let bytes = time > 0 ? Double(row.byteCount) / time : 0
            return Operation(
                name: row.name, shape: row.detail, runsPerStep: Double(row.runs) / Double(steps),
                millisecondsPerStep: time / Double(steps * ranks) / 1e6,
                share: time / Double(steps * ranks) / stepTime,
                flopsPerStep: row.flops / steps, bytesPerStep: row.byteCount / steps, gflopsPerSecond: flops,
                gbytesPerSecond: bytes,
                peakFlopsFraction: flops / (row.isBFloat16 ? peak.bfloat16 : peak.flops),
                peakBytesFraction: bytes / peak.bytes)
        }.sorted { ($0.millisecondsPerStep, $1.name) > ($1.millisecondsPerStep, $0.name) }
        self.ranks = ranks
        self.steps = measured[0].steps
        millisecondsPerStep = stepTime / 1e6
        self.peak = peak
    }

    /// The table, as lines for a person.
    var lines: [String] {
        func fixed(_ value: Double, _ digits: Int, _ width: Int) -> String {
            let text = ProgressReporter.fixed(value, digits)
            return String(repeating: " ", count: max(0, width - text.count)) + text
        }
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(1, width - text.count))
        }
        let products = peak.bfloat16 > 0 ? " (\(ProgressReporter.fixed(peak.bfloat16, 0)) in bfloat16)" : ""
        var lines = [
            "",
            "profile of \(counted(steps, "step")) of \(ProgressReporter.fixed(millisecondsPerStep, 3)) ms, mean of \(counted(ranks, "rank")); one core "
                + "reaches \(ProgressReporter.fixed(peak.flops, 0)) GFLOP/s\(products) and \(ProgressReporter.fixed(peak.bytes, 1)) GB/s",
            padded("operation", 31) + padded("shape", 26)
                + "  ms/step  share  runs   GFLOP/s  peak    GB/s  peak",
        ]
        for operation in operations where operation.share >= 0.0005 {
            var line = padded(operation.name, 31) + padded(operation.shape, 26)
            line += fixed(operation.millisecondsPerStep, 3, 9) + fixed(operation.share * 100, 1, 6) + "%"
            line += fixed(operation.runsPerStep, 0, 6)
            if operation.flopsPerStep > 0 {
                line += fixed(operation.gflopsPerSecond, 1, 10)
                line += fixed(operation.peakFlopsFraction * 100, 0, 5) + "%"
            } else {
                line += String(repeating: " ", count: 16)
            }
            if operation.bytesPerStep > 0 {
                line += fixed(operation.gbytesPerSecond, 1, 8)
                line += fixed(operation.peakBytesFraction * 100, 0, 5) + "%"
            }
            lines.append(line)
        }
        return lines
    }

    /// The content of operations.json.
    func data() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return try encoder.encode(
            File(
                ranks: ranks, steps: steps, millisecondsPerStep: millisecondsPerStep,
                peakGflopsPerSecond: peak.flops,
                peakBfloat16GflopsPerSecond: peak.bfloat16, peakGbytesPerSecond: peak.bytes,
                operations: operations))
    }
}
