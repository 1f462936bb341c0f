import DataParallel
import Datasets
import Layers

/// The data sets of a run, loaded once per node, with the scaling that the training set decides.
final class PreparedData {
    /// One set of examples that is trained or evaluated on.
    struct Part {
        let dataset: SharedDataset
        /// Row numbers; nil for all.
        let rows: [Int32]?

        var count: Int { rows?.count ?? dataset.examples.layout.count }
    }

    let training: Part
    let validation: Part?
    let test: Part?
    let scaling: FeatureScaling
    /// What identifies the data: the same bytes on every node.
    let digest: [UInt8]

    /// Loads what `settings` name; collective.
    init(_ settings: TrainingSettings, on cluster: Cluster) throws {
        let dataset = try SharedDataset(settings.data.training, on: cluster)
        var rows: [Int32]?
        var held: Part?
        switch settings.data.validation {
        case .fraction(let fraction):
            let split = try ValidationSplit(
                count: dataset.examples.layout.count, fraction: fraction, seed: settings.seed,
                name: dataset.name)
            rows = split.training
            held = Part(dataset: dataset, rows: split.validation)
        case .files(let source):
            held = Part(dataset: try SharedDataset(source, on: cluster), rows: nil)
        case nil: break
        }
        training = Part(dataset: dataset, rows: rows)
        validation = held
        test = try settings.data.test.map { Part(dataset: try SharedDataset($0, on: cluster), rows: nil) }
        let scaling = try Self.scaling(settings.data.normalization, training)
        self.scaling = scaling
        var digest = Digest()
        for part in [training, validation, test].compactMap({ $0 }) {
            try scaling.check(part.dataset.examples.layout, path: part.dataset.name)
            try Self.checkShapes(part, like: training)
            if part.dataset.examples.layout.labels == .none {
                throw TrainingError(
                    .configuration,
                    "\(part.dataset.name) has no labels: give its labels file, or leave it out")
            }
            part.dataset.examples.feedContent { digest.add($0) }
        }
        self.digest = digest.bytes
    }

    /// Gives shared memory back; collective over the node.
    func free() throws {
        try training.dataset.free()
        if let validation, validation.dataset !== training.dataset { try validation.dataset.free() }
        try test?.dataset.free()
    }

    /// What each training example's target is.
    var target: TargetKind { training.dataset.examples.layout.targetKind }

    /// The shape of one example.
    var exampleShape: [Int] { training.dataset.examples.layout.exampleShape }

    /// Every rank computes the same blocks in the same order: the statistics of the training set are cheap beside
    /// one exchange, and equal everywhere.
    private static func scaling(_ normalization: Normalization, _ part: Part) throws -> FeatureScaling {
        let layout = part.dataset.examples.layout
        guard normalization != .none else { return FeatureScaling(unchanged: layout.channels) }
        return FeatureScaling(normalization, FeatureStatistics(part.dataset.examples, rows: part.rows))
    }

    private static func checkShapes(_ part: Part, like training: Part) throws {
        let (own, wanted) = (part.dataset.examples.layout, training.dataset.examples.layout)
        guard own.exampleShape == wanted.exampleShape else {
            throw TrainingError(
                .badFile,
                "\(part.dataset.name) has examples of shape \(own.exampleShape), \(training.dataset.name) of \(wanted.exampleShape)"
            )
        }
        if let classes = own.classCount, let known = wanted.classCount, classes > known {
            throw TrainingError(
                .badFile,
                "\(part.dataset.name) has label \(classes - 1), the training set only 0 to \(known - 1)")
        }
    }
}

extension DatasetLayout {
    /// What the model's output is compared with.
    package var targetKind: TargetKind {
        switch labels {
        case .none: .none
        case .classes: .classes(classCount ?? 1)
        case .targets(let width): .values([width])
        }
    }
}
