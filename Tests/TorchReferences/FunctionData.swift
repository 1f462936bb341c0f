import Foundation
import GraphSupport

/// PyTorch's functions of single tensors: Data/functions.json, written by scripts/references/function_references.py.
struct FunctionData: Decodable, Sendable {
    /// A tensor as the file has it.
    struct Values: Decodable, Sendable {
        let shape: [Int]
        let values: [Double]

        var tensor: ReferenceTensor { ReferenceTensor(shape, values) }
    }

    /// The options that cases have.
    struct Options: Decodable, Sendable {
        let exponent: Double?
        let axis: Int?
        let mode: String?
        let padding: Numbers?
        let value: Double?
        let padding_idx: Int?
        let kernel: Int?
        let stride: Int?
        let dilation: Int?
        let groups: Int?
        let label_smoothing: Double?
        let class_weights: [Double]?
    }

    /// One number or several.
    struct Numbers: Decodable, Sendable {
        let all: [Int]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            all = try (try? container.decode(Int.self)).map { [$0] } ?? container.decode([Int].self)
        }
    }

    /// One function of some inputs.
    struct Case: Decodable, Sendable {
        let name: String
        let options: Options
        let inputs: [Values]
        let output: Values
        /// What the output's elements are multiplied by in the sum that gradients are of.
        let weights: [Double]
        /// One per input; nil for tokens and conditions.
        let gradients: [Values?]
    }

    let cases: [Case]

    /// Reads the committed file.
    static func load() throws -> FunctionData {
        guard
            let url = Bundle.module.url(forResource: "functions", withExtension: "json", subdirectory: "Data")
        else { throw CocoaError(.fileNoSuchFile) }
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try decoder.decode(FunctionData.self, from: Data(contentsOf: url))
    }
}
