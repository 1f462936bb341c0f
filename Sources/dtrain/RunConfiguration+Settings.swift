import Configuration
import DataParallel
import Training

extension RunConfiguration {
    /// What the training library needs of the configuration.
    var trainingSettings: TrainingSettings {
        var validation: TrainingSettings.Validation?
        switch data.validation {
        case .fraction(let fraction): validation = .fraction(fraction)
        case .files(let files): validation = .files(files.source)
        case nil: break
        }
        var settings = TrainingSettings(
            data: TrainingSettings.Data(
                training: data.train.source, test: data.test?.source, validation: validation,
                normalization: data.normalize, augmentation: data.augment, shuffle: data.shuffle),
            loss: loss, optimizer: optimizer.configuration, schedule: schedule.schedule, output: output)
        settings.metrics = evaluation.metrics
        settings.initialWeights = initial.weights
        settings.clipping = training.clipping
        settings.epochs = training.epochs
        settings.isFullBatch = training.batch == nil
        settings.batch = training.batch ?? settings.batch
        settings.accumulate = training.accumulate
        settings.growth = training.growth
        settings.isOnline = training.isOnline
        settings.isDelayed = training.isDelayed
        settings.maximumSkippedSteps = training.maximumSkippedSteps
        settings.spikes = training.spikes
        settings.watchedMetric = training.watch
        settings.earlyStopping = training.earlyStopping
        settings.onPlateau = training.onPlateau.map {
            PlateauEscape(patience: $0.patience, minimumChange: $0.minimumChange)
        }
        settings.shards = training.shards
        settings.seed = training.seed
        settings.workers = training.workers
        settings.replicaCheckSteps = training.replicaCheckSteps
        settings.bucketBytes = training.bucketBytes
        settings.exchange = GradientPrecision(rawValue: training.exchange.rawValue) ?? .float32
        settings.checkpoints = TrainingSettings.Checkpoints(
            everySteps: checkpoint.everySteps, everyEpochs: checkpoint.everyEpochs,
            everyMinutes: checkpoint.everyMinutes, keep: checkpoint.keep, keepsBest: checkpoint.keepsBest,
            isSparing: checkpoint.isSparing)
        settings.stallTimeout = training.stallTimeout
        settings.loggingSteps = logging.everySteps
        settings.evaluatesTraining = evaluation.train
        settings.logsNoiseScale = logging.noiseScale
        settings.logsLayers = logging.layers
        settings.curvatureSteps = logging.curvature
        settings.configurationText = yaml
        return settings
    }
}
