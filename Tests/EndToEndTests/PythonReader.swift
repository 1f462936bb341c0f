import Foundation
import ProcessSupport
import Testing

/// A Python of the tests, with packages that read what dtrain writes: what DTRAIN_PYTHON names, or what scripts/test has
/// made.
enum PythonReader {
    private static let python =
        ProcessInfo.processInfo.environment["DTRAIN_PYTHON"]
        ?? URL(fileURLWithPath: Checkout.script("test")).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent(".build/python/bin/python").path

    /// Whether it has these modules.
    static func has(_ modules: String) -> Bool {
        let result = try? ProcessRun.run(
            python, ["-c", "import \(modules)"], timeLimit: Promptness.patience)
        return result?.exitCode == 0
    }

    /// What a script of the folder Readers prints as JSON.
    static func read<Value: Decodable>(_ script: String, _ arguments: [String]) throws -> Value {
        let result = try ProcessRun.run(
            python, [Checkout.file("Readers/\(script)")] + arguments, timeLimit: Promptness.patience)
        try #require(result.exitCode == 0, "\(result)")
        return try JSONDecoder().decode(Value.self, from: Data(result.standardOutput.utf8))
    }
}
