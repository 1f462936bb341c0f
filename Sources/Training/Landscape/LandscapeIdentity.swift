import Cluster
import DataParallel
import Layers

/// What identifies a landscape: points are only added to those of the same landscape.
struct LandscapeIdentity: Equatable {
    /// SHA-256 of all that decides a point's loss.
    let digest: String
    /// The options and the instruction set, in words.
    let words: String

    /// - Parameters:
    ///   - other: The weights at the end of a line, by the model's variables; nil without.
    ///   - paths: The paths that are drawn; nil without.
    ///   - objective: The loss that is drawn.
    ///   - batch: Examples of a mini-batch in evaluation mode.
    init(
        _ along: LandscapeDirections, _ options: LandscapeOptions, _ grid: LandscapeGrid,
        data: String, other: [[Float]]?, paths: PathPlane?, _ loaded: LoadedModel,
        _ objective: DatasetObjective, batch: Int
    ) {
        let environment = RunEnvironment(loaded.cluster)
        var words = [along.name, "\(grid.a.count) points", "radius \(options.radius(along))", "data \(data)"]
        if let examples = options.examples { words.append("\(examples) examples") }
        words.append("seed \(options.seed)")
        words.append("batch norm \(options.usesBatchStatistics ? "training" : "evaluation")")
        words.append(environment.instructionSet)
        self.words = words.joined(separator: ", ")
        var digest = Digest()
        digest.add("landscape 1, \(self.words)")
        if case .outputs(let first, let second) = along {
            digest.add("outputs \(first) \(second) \(grid.a) \(grid.b ?? [])")
        }
        if let paths {
            digest.add("paths \(paths.names) \(paths.ends)")
            for path in paths.paths { digest.add("\(path.name) \(path.steps) \(path.points)") }
        }
        for name in environment.libraries.keys.sorted() {
            digest.add("\(name) \(environment.libraries[name] ?? "")")
        }
        digest.add("batch \(batch), shards \(objective.shards), \(objective.order.batchSize)")
        objective.order.rows.withUnsafeBytes { digest.add($0) }
        loaded.dataset.examples.feedContent { digest.add($0) }
        let scaling = loaded.inputs.scaling
        digest.add("\(scaling.normalization) \(scaling.center) \(scaling.factor)")
        (scaling.whitening ?? []).withUnsafeBytes { digest.add($0) }
        let model = loaded.model
        digest.add(model.trainingGraph(count: 2).description)
        for (place, variable) in model.variables.enumerated() {
            digest.add("\(variable.name) \(variable.shape)")
            loaded.state.value(place).withUnsafeBytes { digest.add($0) }
            other?[place].withUnsafeBytes { digest.add($0) }
        }
        self.digest = Digest.text(digest.bytes)
    }
}
