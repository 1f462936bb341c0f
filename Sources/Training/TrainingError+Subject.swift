import Cluster
import DataParallel
import Safetensors

extension TrainingError.Subject {
    /// What an error of a run with these settings is about; nil where no setting and no data file is to blame.
    package init?(of error: any Error, in settings: TrainingSettings) {
        switch error {
        case let error as TrainingError:
            guard let subject = error.subject else { return nil }
            self = subject
        case ModelDataError.metric: self = .setting("evaluation.metrics")
        case ModelDataError.singleValueBatchNorm: self = .setting("training.batch")
        case ClusterError.moreRanksThanShards: self = .setting("training.shards")
        case let error as SafetensorsError:
            guard let weights = settings.initialWeights, error.path.hasPrefix(weights) else { return nil }
            self = .setting("init.weights")
        default: return nil
        }
    }
}
