import DataParallel
import Layers
import Safetensors

/// A model's variables as a safetensors file with torch's names.
package enum WeightsFile {
    /// What to do about weights of another model.
    private static let advice = "give weights of this model, or the model that they are of"

    /// A copy of the values of `state`, to be written later, with tensors in sorted order: the same values give the
    /// same bytes.
    ///
    /// - Parameter trainedBatches: The value of batch counters.
    static func copy(_ state: ModelState, trainedBatches: Int) throws -> CheckpointFile {
        try CheckpointFile(
            CheckpointFormat.weights,
            tensors: try state.model.variables.enumerated().map { place, variable in
                (variable.name, variable.shape, try state.copy(place))
            },
            scalars: state.model.counters.map { ($0, trainedBatches) })
    }

    /// The values of a model's variables, in the model's order, from a file that contains exactly these.
    package static func read(_ path: String, for model: TracedModel) throws -> (
        values: [[Float]], trainedBatches: Int
    ) {
        try values(of: try SafetensorsFile.read(path: path), for: model)
    }

    /// The values of a model's variables, in the model's order, from an open file that contains exactly these.
    ///
    /// - Parameter nameInFile: Returns the file's name for a tensor.
    static func values(
        of file: SafetensorsFile, for model: TracedModel, nameInFile: (String) -> String = { $0 }
    ) throws -> (values: [[Float]], trainedBatches: Int) {
        let path = file.path
        let known = Set((model.variables.map(\.name) + model.counters).map(nameInFile))
        for entry in file.tensors where !known.contains(entry.name) {
            throw TrainingError(
                .badFile,
                "\(path) holds tensor \"\(entry.name)\", which the model does not have: \(Self.advice)")
        }
        let values = try model.variables.map { variable in
            let name = nameInFile(variable.name)
            guard let entry = file.entry(named: name) else {
                throw TrainingError(
                    .badFile,
                    "\(path) lacks tensor \"\(name)\" of shape \(variable.shape): \(Self.advice)")
            }
            guard entry.shape == variable.shape else {
                throw TrainingError(
                    .badFile,
                    "\(path): tensor \"\(name)\" has shape \(entry.shape), the model needs \(variable.shape): \(Self.advice)"
                )
            }
            return try file.tensor(named: name)
        }
        let counter = try model.counters.map(nameInFile).first { file.entry(named: $0) != nil }.map {
            try file.int64s(named: $0)
        }
        return (values, Int(counter?.first ?? 0))
    }
}
