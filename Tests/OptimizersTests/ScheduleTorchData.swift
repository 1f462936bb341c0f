import Foundation
import Optimizers
import Options

/// What PyTorch's schedules computed: Data/schedules.json, written by scripts/references/schedule_references.py.
struct ScheduleTorchData: Decodable, Sendable {
    /// A schedule by the name and options a configuration gives it, with the values of every optimizer step.
    struct ScheduleCase: Decodable, Sendable {
        let name: String
        let options: [String: Option]
        let lr: Double
        let steps_per_epoch: Int
        let rates: [Double]
        /// nil where the schedule leaves momentum alone.
        let momenta: [Double]?
    }

    /// Options of reduce_on_plateau, the metric of every epoch (null for NaN) and the rate behind it.
    struct PlateauCase: Decodable, Sendable {
        let options: [String: Option]
        let lr: Double
        let metrics: [Double?]
        let rates: [Double]
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
            } else if let text = try? container.decode(String.self) {
                value = .text(text)
            } else {
                value = .numbers(try container.decode([Double].self))
            }
        }
    }

    let schedules: [ScheduleCase]
    let plateaus: [PlateauCase]

    /// Reads the committed file.
    static func load() throws -> ScheduleTorchData {
        guard
            let url = Bundle.module.url(
                forResource: "schedules", withExtension: "json", subdirectory: "Data")
        else { throw CocoaError(.fileNoSuchFile) }
        return try JSONDecoder().decode(ScheduleTorchData.self, from: Data(contentsOf: url))
    }
}
