import CKernels
import Cluster
import DataParallel
import Datasets
import Foundation
import Layers
import Messages
import Optimizers
import Randomness

/// Diagnosis of trained weights.
extension Trainer {
    /// The part of a run's data whose loss is diagnosed.
    public enum DiagnosedData: String, Sendable, CaseIterable {
        /// The training set.
        case train
        /// The validation set, which decisions such as early stopping watch.
        case validation
        /// The test set, which is only reported.
        case test
    }

    /// Diagnoses trained weights: whether they are a critical point of the loss, of which kind, and how sure that is;
    /// collective over the cluster, the same result on all ranks and at any number of them.
    ///
    ///     let diagnosis = try Trainer.diagnose("runs/mine", MyNet(), settings, on: cluster)
    ///     print(diagnosis.verdict, diagnosis.lambdaMin.value)
    ///
    /// - Parameters:
    ///   - weights: A run's folder, one of its checkpoints, or a safetensors file with the run's normalization.json beside
    ///     it.
    ///   - model: The model that was trained.
    ///   - settings: The settings of its training.
    ///   - data: The data set.
    ///   - options: How the weights are diagnosed.
    ///   - folder: Where weights with a lower loss go, where `options` ask for an escape; made where it is missing.
    public static func diagnose(
        _ weights: String, _ model: any Model, _ settings: TrainingSettings, data: DiagnosedData = .train,
        options: DiagnosisOptions = DiagnosisOptions(), escapingTo folder: String? = nil, on cluster: Cluster
    ) throws -> Diagnosis {
        try diagnose(weights, settings, data: data, options: options, escapingTo: folder, on: cluster) { _ in
            model
        }
    }

    /// The same for a model that depends on the number of classes.
    package static func diagnose(
        _ weights: String, _ settings: TrainingSettings, data: DiagnosedData, options: DiagnosisOptions,
        escapingTo folder: String?, on cluster: Cluster, makeModel: (Int?) throws -> any Model
    ) throws -> Diagnosis {
        try worded(cluster) {
            let part = try source(of: data, settings)
            let loaded = try LoadedModel(
                weights: weights, source: part.source,
                training: (settings.data.training, settings.data.normalization), loss: settings.loss,
                shards: settings.shardCount, workers: settings.workers, predicts: false, on: cluster,
                makeModel: makeModel)
            let history = try Agreement.fromRoot(cluster.world) {
                let metrics = try SavedWeights(weights).file(RunFolder.metricsName)
                return [RunHistory(folder: PathParts.folder(of: metrics))]
            }[0]
            try cluster.agree(
                Result {
                    guard cluster.rank == 0, let folder else { return }
                    try requireUnused(folder)
                    try FileOutput.makeFolder(folder)
                })
            let (objective, available) = try objective(loaded, data, part.fraction, settings, options)
            // Copied before an escape moves the weights.
            let values = options.findsCauses && cluster.rank == 0 ? loaded.values : nil
            let isFromSeed = history != nil && settings.initialWeights == nil && options.looksFurther
            var diagnosis = try Diagnoser(
                cluster: cluster, state: loaded.state, objective: objective, options: options,
                data: data.rawValue, optimizer: settings.optimizer, rate: history?.rate,
                schedule: schedule(settings, history),
                firstWeightNorm: isFromSeed ? firstNorm(loaded.model, seed: settings.seed) : nil,
                progress: loaded.progress
            ).run()
            diagnosis.history = history
            diagnosis.available = available
            diagnosis.runPrecision = settings.precision
            if options.findsCauses {
                diagnosis.causes = try causes(
                    of: weights, loaded, values, data, settings, options, edge: diagnosis.stepping?.edge)
            }
            try cluster.agree(
                Result {
                    guard options.escapes, let folder, let descent = diagnosis.descent, descent.why == nil
                    else {
                        return
                    }
                    let copy = try WeightsFile.copy(
                        loaded.state, trainedBatches: loaded.trainedBatches)
                    guard cluster.rank == 0 else { return }
                    try copy.named(RunFolder.weightsName).replace(in: folder)
                    try loaded.inputs.write(to: folder)
                })
            return diagnosis
        }
    }

    /// ‖θ‖ of the weights that a seed draws.
    private static func firstNorm(_ model: TracedModel, seed: UInt64) -> Double {
        zip(model.variables, model.initialValues(seed: seed)).filter(\.0.isTrainable).reduce(0.0) {
            sum, pair in
            pair.1.reduce(sum) { $0 + Double($1) * Double($1) }
        }.squareRoot()
    }

    /// The schedule of the rate; nil for a constant rate.
    private static func schedule(
        _ settings: TrainingSettings, _ history: RunHistory?
    ) -> StepDiagnosis.Schedule? {
        let name = settings.schedule.name
        guard name != ScheduleConfiguration.constant.name else { return nil }
        return StepDiagnosis.Schedule(
            name: name, highest: max(history?.highestRate ?? 0, settings.optimizer.learningRate))
    }

    /// Throws if a folder holds a run or weights, which an escape must neither overwrite nor join.
    private static func requireUnused(_ folder: String) throws {
        let names = [RunFolder.bestWeightsName, RunFolder.scalingName]
        let isUsed =
            RunFolder.isUsed(folder)
            || names.contains { FileManager.default.fileExists(atPath: "\(folder)/\($0)") }
        guard !isUsed else {
            throw TrainingError(
                .output, "\(folder) holds a run or weights already: choose another --output")
        }
    }

    /// The files of a part of a run's data, and the fraction of the training set that is held out of it.
    static func source(
        of data: DiagnosedData, _ settings: TrainingSettings
    ) throws -> (source: DatasetSource, fraction: Double?) {
        let sets = settings.seededData
        var fraction: Double?
        if case .fraction(let share) = sets.validation { fraction = share }
        switch data {
        case .train: return (sets.training, fraction)
        case .test:
            guard let test = sets.test else {
                throw TrainingError(.configuration, "the configuration has no data.test: give --data train")
            }
            return (test, nil)
        case .validation:
            switch sets.validation {
            case .fraction: return (sets.training, fraction)
            case .files(let source): return (source, nil)
            case nil:
                throw TrainingError(
                    .configuration, "the configuration has no data.validation: give --data train")
            }
        }
    }

    /// The loss to diagnose, and the examples that the set has in all, of which it may be of a sample.
    static func objective(
        _ loaded: LoadedModel, _ data: DiagnosedData, _ fraction: Double?, _ settings: TrainingSettings,
        _ options: DiagnosisOptions
    ) throws -> (DatasetObjective, available: Int) {
        let (model, count) = (loaded.model, loaded.dataset.examples.layout.count)
        var rows = try fraction.map { fraction in
            let split = try ValidationSplit(
                loaded.dataset.examples.layout, fraction: fraction, seed: settings.seed,
                name: loaded.dataset.name)
            return data == .train ? split.training : split.validation
        }
        let available = rows?.count ?? count
        if let wanted = options.examples, wanted < available {
            let random = CounterRandom(seed: options.seed, purpose: .probe, stream: sampleStream)
            let chosen = Permutation.shuffled(count: available, random: random)[..<wanted].sorted()
            rows = chosen.map { place in rows.map { $0[Int(place)] } ?? place }
        }
        let examples = rows?.count ?? count
        let batch =
            settings.isFullBatch ? (examples + settings.accumulate - 1) / settings.accumulate : settings.batch
        let shards = settings.shardCount(examples: examples)
        let order: EpochOrder
        if options.usesBatchStatistics, model.usesBatchStatistics {
            order = EpochOrder(
                count: count, subset: rows, batchSize: batch, seed: settings.seed, epoch: 0,
                shuffle: settings.data.shuffle.ofWholeSet)
            for index in Set([0, order.batchCount - 1]) {
                try Replica.check(model, batch: order.batch(index).count, shards: shards)
            }
        } else {
            order = inOrder(count, rows, batch: batch, shards: shards)
        }
        let objective = DatasetObjective(
            order: order, maker: loaded.maker, shards: shards, workers: settings.workers,
            dropoutKey: dropoutKey(seed: options.seed),
            mode: TracedModel.ObjectiveMode(
                usesBatchStatistics: options.usesBatchStatistics, dropsOut: options.dropsOut))
        return (objective, available)
    }

    /// A stream above those of random vectors and of `ParameterPoint.shake`.
    private static let sampleStream: UInt64 = 1 << 41

    /// All examples, or those of `rows`, in mini-batches of 512 to 2048, or more where so many shards would have fewer
    /// than 32 each: large enough to be fast, small enough for memory.
    static func inOrder(_ count: Int, _ rows: [Int32]?, batch: Int, shards: Int) -> EpochOrder {
        EpochOrder(inOrder: count, subset: rows, batchSize: min(max(batch, 512), max(2048, 32 * shards)))
    }

    /// The key of dropout's masks in a diagnosis.
    static func dropoutKey(seed: UInt64) -> dt_philox_key {
        let words = CounterRandom(seed: seed, purpose: .dropout).words(at: 0)
        return dt_philox_key(word: (words.0, words.1))
    }

    /// Writes a diagnosis into the folder of the run that `weights` names, if it names one; rank 0 alone calls it.
    package static func keep(_ diagnosis: Diagnosis, of weights: String) throws {
        guard let run = RunFolder.owner(of: weights) else { return }
        try FileOutput.write(Data(diagnosis.json.utf8), to: "\(run)/\(RunFolder.diagnosisName)")
    }
}
