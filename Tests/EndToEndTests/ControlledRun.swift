import Foundation
import ProcessSupport
import Testing

/// A run of training-controls, and what it left.
struct ControlledRun {
    /// The bytes of the trained weights.
    let weights: Data
    /// The lines it printed, by their first word.
    let lines: [String: [Int]]

    /// What training-controls is started with.
    static func arguments(
        _ data: TestData, _ model: String, _ options: [String] = [], control: String = "none", output: String
    ) -> [String] {
        let (features, targets) =
            switch model {
            case "line": ("line.npy", "line-targets.npy")
            case "product": ("product.npy", "product-targets.npy")
            case "mlp": ("rows.npy", "labels.npy")
            default: ("images.npy", "labels.npy")
            }
        return [control, data.path(features), data.path(targets), output, model] + options
    }

    /// Trains `model` on `ranks` ranks; `options` are KEY=VALUE arguments. Fails the test unless the run succeeds.
    static func run(
        _ ranks: Int, _ data: TestData, _ model: String, _ options: [String] = [], control: String = "none",
        output name: String? = nil, environment: [String: String] = [:]
    ) throws -> ControlledRun {
        let output = data.path(name ?? "run-\(UUID().uuidString)")
        let result = try MPIRun.run(
            ranks: ranks, executable: try BuiltExecutable.path("training-controls"),
            arguments: arguments(data, model, options, control: control, output: output),
            environment: environment)
        try #require(result.exitCode == 0, "-n \(ranks) \(model) \(options): \(result)")
        var lines: [String: [Int]] = [:]
        for line in result.standardOutput.split(separator: "\n") {
            let words = line.split(separator: " ")
            let numbers = words.dropFirst().compactMap { Int($0) }
            if let key = words.first, numbers.count == words.count - 1 { lines[String(key)] = numbers }
        }
        return ControlledRun(
            weights: try Data(contentsOf: URL(fileURLWithPath: "\(output)/weights.safetensors")), lines: lines
        )
    }
}
