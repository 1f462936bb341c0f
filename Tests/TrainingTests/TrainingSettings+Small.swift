import Optimizers
import Training

extension TrainingSettings {
    /// Settings of a run that no test starts.
    static func small() throws -> TrainingSettings {
        TrainingSettings(
            data: .init(training: .init(format: .npy, features: "x.npy", labels: "y.npy")),
            optimizer: try OptimizerConfiguration(name: "sgd", options: ["lr": 0.1]), output: "run")
    }
}
