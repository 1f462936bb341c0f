import Foundation
import Optimizers
import Options

/// What PyTorch computed: Data/torch.json, written by scripts/references/optimizer_references.py.
struct TorchData: Decodable, Sendable {
    /// One optimizer with its options and the weights after each of the kept steps.
    struct OptimizerCase: Decodable, Sendable {
        let name: String
        let options: [String: Option]
        /// [kept steps][elements].
        let weights: [[Float]]
        /// The momentum, or β₁, of each step, where it is not the optimizer's own.
        let momenta: [Double]?
    }

    /// An option as JSON states it.
    struct Option: Decodable, Sendable {
        let value: OptionValue

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let flag = try? container.decode(Bool.self) {
                value = .flag(flag)
            } else if let number = try? container.decode(Double.self) {
                value = .number(number)
            } else {
                value = .numbers(try container.decode([Double].self))
            }
        }
    }

    /// The gradient (3, 4) · scale of this norm, and what clipping to 2 left of it.
    struct ClippingCase: Decodable, Sendable {
        let norm: Double
        let scale: Double
        let clipped: [Double]
    }

    /// A gradient, and what clipping its elements to 0.5 left of it.
    struct ValueClippingCase: Decodable, Sendable {
        let gradient: [Float]
        let clipped: [Float]
    }

    let initial_weights: [Float]
    /// [steps][elements].
    let gradients: [[Float]]
    let kept_steps: [Int]
    let optimizers: [OptimizerCase]
    let schedules: [String: [Double]]
    let clipping: [ClippingCase]
    let value_clipping: ValueClippingCase

    /// Reads the committed file.
    static func load() throws -> TorchData {
        guard let url = Bundle.module.url(forResource: "torch", withExtension: "json", subdirectory: "Data")
        else { throw CocoaError(.fileNoSuchFile) }
        return try JSONDecoder().decode(TorchData.self, from: Data(contentsOf: url))
    }
}
