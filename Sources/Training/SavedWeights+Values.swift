import Datasets
import Layers
import Safetensors

/// What weights of any origin must be before a model gets them.
extension SavedWeights {
    /// The values of a model's variables; throws where they do not fit it or are no finite numbers.
    ///
    /// Names may all begin alike with what PyTorch's wrappers put in front, "module." or "_orig_mod.".
    ///
    /// - Parameter tell: Tells a person what was done.
    static func values(
        of file: SafetensorsFile, for model: TracedModel, tell: (String) -> Void
    ) throws -> [[Float]] {
        let prefix = prefix(of: file, for: model)
        let values = try WeightsFile.values(of: file, for: model, prefix: prefix).values
        for (variable, values) in zip(model.variables, values) {
            guard let place = values.firstIndex(where: { !$0.isFinite }) else { continue }
            throw TrainingError(
                .badFile,
                "\(file.path): tensor \"\(prefix)\(variable.name)\" holds \(values[place].plainText) at element \(index(place, in: variable.shape)): such weights give no result, use those of an earlier checkpoint, or train again"
            )
        }
        if !prefix.isEmpty {
            tell("the names of all tensors of \(file.path) begin with \"\(prefix)\", which was left out")
        }
        return values
    }

    /// What all names begin with, up to a point, that is to be left out so that as many as possible are the model's.
    private static func prefix(of file: SafetensorsFile, for model: TracedModel) -> String {
        let names = file.tensors.map(\.name)
        guard var common = names.first?.split(separator: ".", omittingEmptySubsequences: false).dropLast()
        else { return "" }
        for name in names {
            let parts = name.split(separator: ".", omittingEmptySubsequences: false).dropLast()
            common = common.prefix(zip(common, parts).prefix { $0 == $1 }.count)
        }
        let known = Set(model.variables.map(\.name) + model.counters)
        var best = (prefix: "", known: names.filter(known.contains).count)
        for count in common.indices.map({ $0 + 1 }) {
            let prefix = common.prefix(count).map { "\($0)." }.joined()
            let found = names.filter { known.contains(String($0.dropFirst(prefix.count))) }.count
            if found > best.known { best = (prefix, found) }
        }
        return best.prefix
    }

    /// The place of an element in a tensor, such as [3, 0].
    private static func index(_ place: Int, in shape: [Int]) -> [Int] {
        var rest = place
        return shape.reversed().map { extent in
            defer { rest /= extent }
            return rest % extent
        }.reversed()
    }
}
