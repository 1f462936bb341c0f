import Foundation

/// What TensorBoard itself reads of a run's event file.
struct TensorBoardReading: Decodable {
    struct Histogram: Decodable, Equatable {
        let step: Int
        let min: Double
        let max: Double
        let num: Double
        let sum: Double
        let sum_squares: Double
        let limits: [Double]
        let counts: [Double]
    }

    /// A hyperparameter's kind, such as "number_value", and its value as text.
    struct Value: Decodable, Equatable {
        let kind: String
        let text: String

        init(kind: String, text: String) { (self.kind, self.text) = (kind, text) }

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            kind = try list.decode(String.self)
            switch kind {
            case "number_value": text = "\(try list.decode(Double.self))"
            case "bool_value": text = "\(try list.decode(Bool.self))"
            default: text = try list.decode(String.self)
            }
        }
    }

    struct Hyperparameters: Decodable {
        let start: [String: Value]
        let end: String?
    }

    /// A text with its step.
    struct Text: Decodable {
        let step: Int
        let text: String

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            step = try list.decode(Int.self)
            text = try list.decode(String.self)
        }
    }

    /// The names of event files.
    let files: [String]
    /// Steps and values of each tag.
    let scalars: [String: [[Double]]]
    let histograms: [String: [Histogram]]
    let texts: [String: [Text]]
    let hyperparameters: Hyperparameters
    /// How often each tag stands at each step, by "tag step".
    let counts: [String: Int]

    /// Whether there is a Python that has TensorBoard.
    static let isPossible = PythonReader.has("tensorboard.backend.event_processing.event_accumulator")

    /// What is in a run's folder.
    static func read(_ folder: String) throws -> TensorBoardReading {
        try PythonReader.read("events.py", [folder])
    }

    /// Runs side by side, as TensorBoard's HParams tab has them.
    struct Comparison: Decodable {
        struct Run: Decodable {
            let status: String
            /// The last value of each scalar.
            let metrics: [String: Double]
            /// The hyperparameters that the run has.
            let names: [String]
        }

        /// The type of each hyperparameter.
        let types: [String: String]
        /// The hyperparameters in which runs differ.
        let differing: [String]
        let runs: [String: Run]
    }

    /// The runs in a folder side by side.
    static func compare(_ folder: String) throws -> Comparison {
        try PythonReader.read("hparams.py", [folder])
    }
}
