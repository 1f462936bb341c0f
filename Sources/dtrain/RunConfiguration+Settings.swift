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
                normalization: data.normalize),
            loss: loss, optimizer: optimizer.configuration, schedule: schedule.schedule, output: output)
        settings.metrics = evaluation.metrics
        settings.initialWeights = initialWeights
        settings.clipping = training.clipping
        settings.epochs = training.epochs
        settings.batch = training.batch
        settings.shards = training.shards
        settings.seed = training.seed
        settings.workers = training.workers
        settings.bucketBytes = training.bucketBytes
        settings.exchange = GradientPrecision(rawValue: training.exchange.rawValue) ?? .float32
        settings.checkpoints = TrainingSettings.Checkpoints(
            everySteps: checkpoint.everySteps, everyEpochs: checkpoint.everyEpochs, keep: checkpoint.keep)
        settings.loggingSteps = loggingEverySteps
        settings.configurationText = yaml
        return settings
    }
}
