import Foundation
import ProcessSupport

/// dtrain under mpirun, and what a run left.
enum DTrainRun {
    /// Runs dtrain on `ranks` ranks; 0 for without mpirun.
    static func run(
        _ ranks: Int, _ arguments: [String], environment: [String: String] = [:], options: [String] = []
    ) throws -> ProcessResult {
        let dtrain = try BuiltExecutable.path("dtrain")
        if ranks == 0 {
            return try ProcessRun.run(
                dtrain, arguments, environment: environment, timeLimit: Promptness.patience,
                currentDirectory: nil)
        }
        return try MPIRun.run(
            ranks: ranks, executable: dtrain, arguments: arguments, options: options,
            environment: environment,
            timeLimit: Promptness.patience)
    }

    /// The bytes of a run's weights, and its metrics without what depends on time.
    static func results(_ folder: String) throws -> Results {
        let weights = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/weights.safetensors"))
        let text = try String(contentsOfFile: "\(folder)/metrics.jsonl", encoding: .utf8)
        let lines = try text.split(separator: "\n").map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
            let kept = object.filter { $0.key != "seconds" && !$0.key.hasSuffix("_per_second") }
            return try kept.keys.sorted().map { "\($0)=\(try plain(kept[$0]))" }.joined(separator: " ")
        }
        return Results(weights: weights, metrics: lines)
    }

    /// A value as text, that of objects in the order of their keys.
    private static func plain(_ value: Any?) throws -> String {
        guard let object = value as? [String: Any] else { return value.map { "\($0)" } ?? "" }
        return String(
            decoding: try JSONSerialization.data(withJSONObject: object, options: .sortedKeys), as: UTF8.self)
    }

    struct Results: Equatable {
        let weights: Data
        let metrics: [String]
    }
}
