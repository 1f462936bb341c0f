import Foundation
import Messages

/// `state.json`: the position of the run.
package struct CheckpointState: Codable, Sendable, Equatable {
    /// The update rule's name.
    package let optimizer: String
    package let position: RunPosition

    package init(optimizer: String, position: RunPosition) {
        self.optimizer = optimizer
        self.position = position
    }

    /// The bytes of `state.json`.
    package func encoded() throws -> [UInt8] { Array(try CheckpointFormat.encoder().encode(self)) }

    /// Reads a state from any bytes; `path` is for messages.
    package static func parse(_ bytes: [UInt8], path: String) throws -> CheckpointState {
        guard bytes.count <= CheckpointFormat.largestState else {
            throw TrainingError(
                .badFile,
                "\(path) has \(counted(bytes.count, "byte")), a state has at most \(CheckpointFormat.largestState)"
            )
        }
        do { return try CheckpointFormat.decoder().decode(CheckpointState.self, from: Data(bytes)) } catch {
            throw TrainingError(.badFile, "\(path) does not say where the run stood")
        }
    }
}
