import Datasets
import Layers
import Safetensors

/// Checks of weights before a model gets them.
extension SavedWeights {
    /// The values of a model's variables, and of its batch counters; throws if they do not fit the model or are not
    /// finite.
    ///
    /// Names may contain what PyTorch's wrappers add; see `TensorNames`.
    ///
    /// - Parameter tell: Prints a note about what was done.
    static func values(
        of file: SafetensorsFile, for model: TracedModel, tell: (String) -> Void
    ) throws -> (values: [[Float]], trainedBatches: Int) {
        let names = TensorNames(
            file.tensors.map(\.name), known: Set(model.variables.map(\.name) + model.counters))
        let found = try WeightsFile.values(of: file, for: model, nameInFile: names.inFile)
        for (variable, values) in zip(model.variables, found.values) {
            guard let place = values.firstIndex(where: { !$0.isFinite }) else { continue }
            throw TrainingError(
                .badFile,
                "\(file.path): tensor \"\(names.inFile(variable.name))\" holds \(values[place].plainText) at element \(index(place, in: variable.shape)): such weights give no result, use those of an earlier checkpoint, or train again"
            )
        }
        if let note = names.note(path: file.path) { tell(note) }
        return found
    }

    /// The index of an element in a tensor, such as [3, 0].
    private static func index(_ place: Int, in shape: [Int]) -> [Int] {
        var rest = place
        return shape.reversed().map { extent in
            defer { rest /= extent }
            return rest % extent
        }.reversed()
    }
}
