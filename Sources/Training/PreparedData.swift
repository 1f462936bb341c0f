import Cluster
import DataParallel
import Datasets
import FixedTree
import Layers
import Messages

/// The data sets of a run, loaded once per node, with the scaling found in the training set.
final class PreparedData {
    /// One set of examples for training or evaluation.
    struct Part {
        let dataset: SharedDataset
        /// The set's rows in the data set; nil for all.
        let rows: [Int32]?

        var count: Int { rows?.count ?? dataset.examples.layout.count }
    }

    /// The traced model.
    let model: TracedModel
    let training: Part
    let validation: Part?
    let test: Part?
    /// The inputs that the model expects, as found in the training set.
    let inputs: InputDescription
    /// Augments training examples.
    let augmenter: Augmenter
    /// A digest of the data, the same on every node.
    let digest: [UInt8]

    /// The sets that a run with these settings evaluates its weights on.
    func evaluated(_ settings: TrainingSettings) -> [Part] {
        [test, validation].compactMap { $0 } + (settings.evaluatesTraining ? [training] : [])
    }

    /// Loads the data of `settings`, with labels as the loss and the model take them, and traces the model; collective.
    ///
    /// - Parameter progress: Where progress is reported.
    init(
        _ settings: TrainingSettings, on cluster: Cluster, _ progress: ProgressLine,
        makeModel: (DatasetLayout) throws -> any Model
    ) throws {
        let sets = settings.seededData
        let source = sets.training
        let reading = try Agreement.fromRoot(cluster.world) {
            try source.reading(for: settings.loss, makeModel: makeModel)
        }
        let dataset = try SharedDataset.load(reading(source, for: settings.loss), on: cluster, progress)
        let layout = dataset.examples.layout
        guard layout.labels != .none else {
            throw TrainingError(
                .configuration, "\(dataset.name) has no labels: training needs data.train.labels",
                about: .file(dataset.name))
        }
        guard layout.hasLengths || !settings.data.bucket else {
            throw TrainingError(
                .configuration,
                "data.bucket brings examples of like lengths together, but \(dataset.name) has no lengths: give data.train.lengths, or leave data.bucket out",
                about: .setting("data.bucket"))
        }
        try LabelChecks.classes(dataset.examples, of: source, loss: settings.loss)
        // The model shows what is wrong with the training labels, which must come before comparing other sets with
        // them.
        do {
            model = try TracedModel(
                makeModel(layout), exampleShape: layout.exampleShape, hasLengths: layout.hasLengths,
                target: layout.targetKind, labelShape: layout.classShape, loss: settings.loss)
        } catch let error as ModelError {
            throw LabelChecks.explained(error, dataset.examples, of: dataset.source, loss: settings.loss)
        }
        try TokenChecks.check(settings.data.normalization, model: model)
        func other(_ source: DatasetSource) throws -> Part {
            guard source.lengths.isEmpty == dataset.source.lengths.isEmpty else {
                let (with, without) =
                    layout.hasLengths ? (dataset.name, source.name) : (source.name, dataset.name)
                throw TrainingError(
                    .configuration,
                    "\(with) has lengths, \(without) has none: give lengths for both, or for neither",
                    about: .file(without))
            }
            let task = try Agreement.fromRoot(cluster.world) {
                try source.task(likeClasses: layout.labels == .classes, loss: settings.loss)
            }
            let own = DataReading(task: task, positionAxis: reading.positionAxis)
            let source = own(source, for: settings.loss).following(
                classes: layout.classCount, names: layout.classNames, features: layout.featureNames,
                wideFeatures: layout.wideFeatures, words: layout.wordColumns, vocabulary: layout.vocabulary)
            return Part(dataset: try SharedDataset.load(source, on: cluster, progress), rows: nil)
        }
        var rows: [Int32]?
        var held: Part?
        switch sets.validation {
        case .fraction(let fraction):
            let split = try ValidationSplit(
                layout, fraction: fraction, seed: settings.seed, name: dataset.name)
            rows = split.training
            held = Part(dataset: dataset, rows: split.validation)
        case .files(let source): held = try other(source)
        case nil: break
        }
        training = Part(dataset: dataset, rows: rows)
        validation = held
        test = try sets.test.map(other)
        do throws(AugmentationError) {
            augmenter = try Augmenter(
                settings.data.augmentation, seed: settings.seed, shape: layout.exampleShape,
                name: dataset.name)
        } catch { throw TrainingError(.configuration, error.description, about: .setting(error.key)) }
        inputs = InputDescription(
            layout, scaling: try Self.scaling(settings.data.normalization, training, cluster, progress))
        var digest = Digest()
        for part in [training, validation, test].compactMap({ $0 }) {
            try inputs.check(
                part.dataset.examples.layout, of: part.dataset.source, trainedOn: dataset.name,
                labels: dataset.source.labelsName)
            try Self.checkLabels(part, like: training)
            try TokenChecks.check(part.dataset, model: model)
            try LabelChecks.distributions(part.dataset.examples, of: part.dataset.source, model: model)
            progress.during("taking the digest of \(part.dataset.name)") {
                part.dataset.examples.feedContent { digest.add($0) }
            }
        }
        self.digest = digest.bytes
        if cluster.rank == 0 { warnOfLostNumbers(settings.data.normalization) }
    }

    /// Warns of columns of the training set with numbers that differ but become equal for the model.
    private func warnOfLostNumbers(_ normalization: Normalization) {
        let (examples, source) = (training.dataset.examples, training.dataset.source)
        let lost = examples.layout.lostNumbers ?? []
        let scaled = LostNumbers.afterScaling(examples, rows: training.rows, scaling: scaling)
        func warn(_ name: String, _ numbers: [LostNumbers], _ advice: String) {
            guard !numbers.isEmpty else { return }
            let more = numbers.count > 20 ? ", ..." : ""
            DistributedProgram.warn(
                "\(name) has distinct numbers that are one to the model: \(numbers.prefix(20).map(\.description).joined(separator: ", "))\(more): \(advice)"
            )
        }
        let scale = "set data.normalize to standardize or min_max"
        let subtract = "subtract what they have in common"
        let ways = normalization == .none ? scale : subtract
        // A table's targets are in the same file as its features, an array's in another.
        guard source.format == .csv else {
            warn(source.labelsName, lost, subtract)
            return warn(source.name, scaled, ways)
        }
        warn(
            source.name, lost + scaled.filter { feature in !lost.contains { $0.column == feature.column } },
            lost.isEmpty && normalization == .none
                ? scale : "\(subtract), or leave out such features with ignore")
    }

    /// Gives shared memory back; collective over the node.
    func free() throws {
        try training.dataset.free()
        if let validation, validation.dataset !== training.dataset { try validation.dataset.free() }
        try test?.dataset.free()
    }
    var scaling: FeatureScaling { inputs.scaling }

    var target: TargetKind { training.dataset.examples.layout.targetKind }

    var exampleShape: [Int] { training.dataset.examples.layout.exampleShape }

    /// Every rank computes the same statistics from the same blocks in the same order: that is cheaper than an
    /// exchange. Correlations are not, so ranks divide them.
    private static func scaling(
        _ normalization: Normalization, _ part: Part, _ cluster: Cluster, _ progress: ProgressLine
    ) throws -> FeatureScaling {
        let examples = part.dataset.examples
        func statistics(perFeature: Bool = false) -> FeatureStatistics {
            progress.during("computing statistics of \(part.dataset.name)") {
                FeatureStatistics(examples, rows: part.rows, perFeature: perFeature)
            }
        }
        /// Leaves words as they are, of a table that has some.
        func keepingWords(_ scaling: FeatureScaling, _ known: FeatureStatistics? = nil) -> FeatureScaling {
            guard examples.layout.wordColumns != nil else { return scaling }
            return scaling.keepingWords(of: examples.layout, maximum: (known ?? statistics()).maximum)
        }
        switch normalization {
        case .none: return keepingWords(FeatureScaling(unchanged: examples.layout.channels))
        case .minMax, .standardize:
            let found = statistics()
            return keepingWords(FeatureScaling(normalization, found), found)
        case .whiten(let eps):
            try Correlations.check(examples.layout, path: part.dataset.name)
            let found = statistics(perFeature: true)
            var scaling = keepingWords(FeatureScaling(normalization, found), found)
            scaling.whitening = try whitening(scaling, part, eps: eps, cluster, progress)
            return scaling
        }
    }

    /// The whitening matrix: ranks sum tiles of the correlations; rank 0 computes the eigenvectors and sends the
    /// matrix.
    private static func whitening(
        _ scaling: FeatureScaling, _ part: Part, eps: Double, _ cluster: Cluster, _ progress: ProgressLine
    ) throws -> [Float] {
        let correlations = Correlations(
            part.dataset.examples, rows: part.rows, scaling: scaling, kernels: cluster.kernels)
        let tiles = (0..<cluster.size).map {
            ShardBounds.owned(byRank: $0, ranks: cluster.size, shards: correlations.tileCount)
        }
        let own = tiles[cluster.rank]
        let work = CountedWork("correlating features of \(part.dataset.name)", "tile", on: progress)
        var ownSums: [Double] = []
        ownSums.reserveCapacity(own.count * Correlations.tileElements)
        for tile in own {
            ownSums += correlations.compute(tiles: tile..<tile + 1)
            work.advance(tile - own.lowerBound + 1, of: own.count)
        }
        work.end()
        let sums = try cluster.world.gather(
            ownSums,
            counts: tiles.map { $0.count * Correlations.tileElements },
            root: 0)
        let width = part.dataset.examples.layout.width
        var matrix = Array(repeating: Float(0), count: width * width)
        try cluster.agree(
            Result {
                guard let sums else { return }
                matrix = try progress.during("making the whitening matrix of \(part.dataset.name)") {
                    try WhiteningMatrix.make(
                        correlations: correlations.matrix(sums), size: width, eps: eps,
                        name: part.dataset.name)
                }
            })
        try cluster.world.broadcast(&matrix, root: 0)
        return matrix
    }

    private static func checkLabels(_ part: Part, like training: Part) throws {
        let (own, wanted) = (part.dataset.examples.layout, training.dataset.examples.layout)
        if own.labels == .none {
            throw TrainingError(
                .configuration,
                "\(part.dataset.name) has no labels: give its labels, or leave it out",
                about: .file(part.dataset.name))
        }
        guard own.labels == wanted.labels, own.labelShape == wanted.labelShape else {
            throw TrainingError(
                .badFile,
                "\(part.dataset.source.labelsName) has labels of another kind than \(training.dataset.source.labelsName), \(own.labelText) instead of \(wanted.labelText): both need classes, or targets of the same number",
                about: .file(part.dataset.source.labelsName))
        }
        if let classes = own.classCount, let known = wanted.classCount, classes > known,
            let labels = part.dataset.examples.classIndices,
            let index = labels.firstIndex(where: { Int($0) >= known })
        {
            let place = part.dataset.source.place(ofLabel: index / own.labelWidth)
            let regression =
                LabelChecks.areManyNumbers(wanted)
                ? ", or set task: regression if labels are numbers to predict" : ""
            throw TrainingError(
                .badFile,
                "the label of example \(place.example) is \(labels[index]), \(place.path), the training set has only 0 to \(known - 1): correct it, or train with such examples\(regression)",
                about: .file(place.path))
        }
    }
}

extension DatasetLayout {
    /// The kind of target that the model's output is compared with.
    package var targetKind: TargetKind {
        switch labels {
        case .none: .none
        case .classes: .classes(classCount ?? 1)
        case .targets: .values(labelShape)
        }
    }

    /// The shape of an example's class labels: [] for one, and for other labels.
    package var classShape: [Int] { labels == .classes ? labelShape : [] }
}

extension DatasetLayout {
    /// The kind of labels in messages.
    fileprivate var labelText: String {
        switch labels {
        case .none: "none"
        case .classes: labelShape.isEmpty ? "classes" : "classes of \(counted(labelWidth, "position"))"
        case .targets(let width): counted(width, "numeric target")
        }
    }
}
