import Cluster
import Datasets
import Foundation
import Layers

/// The learning rate before a run.
extension Trainer {
    /// Looks for a learning rate by a range test; collective over the cluster, the same on all ranks and at any number of
    /// them.
    ///
    ///     let search = try Trainer.findRate(MyNet(), settings, on: cluster)
    ///     if let rate = search.suggestion { print(rate, search.reason) }
    ///
    /// Training starts as a run with these settings would, with the optimizer's own momentum, decay and clipping, while the
    /// rate rises with every step. The weights are a copy, and no run's folder is touched.
    ///
    /// - Parameters:
    ///   - settings: The settings of the run. Its learning rate and schedule are not used, nor what is evaluated.
    ///   - output: A folder for lr-find.csv, made where it is missing; nil for no file. `dtrain lr-find` draws lr-find.svg
    ///     beside it.
    public static func findRate(
        _ model: any Model, _ settings: TrainingSettings, options: RateSearchOptions = RateSearchOptions(),
        output: String? = nil, on cluster: Cluster
    ) throws -> RateSearch {
        try findRate(settings, options: options, output: output, on: cluster) { _ in model }.search
    }

    /// The same for a model that depends on the data.
    ///
    /// - Parameter picture: Makes lr-find.svg; nil for none.
    package static func findRate(
        _ settings: TrainingSettings, options: RateSearchOptions, output: String?,
        picture: ((RateSearchReport) -> String?)? = nil, on cluster: Cluster,
        makeModel: (DatasetLayout) throws -> any Model
    ) throws -> RateSearchReport {
        try worded(cluster) {
            if let problem = options.problem { throw TrainingError(.configuration, problem) }
            guard settings.optimizer.rule.takesLearningRate else {
                throw TrainingError(
                    .configuration,
                    "\(settings.optimizer.name) has no learning rate to look for: choose another optimizer, such as sgd or adam"
                )
            }
            // Opened first, so that a folder that cannot be written to fails before the work.
            var folder: RateSearchFolder?
            try cluster.agree(
                Result { if cluster.rank == 0 { folder = try output.map { try RateSearchFolder($0) } } })
            let prepared = try RunPreparation(
                RateSearchRun.settings(of: settings, options), on: cluster,
                start: ProcessInfo.processInfo.systemUptime, makeModel: makeModel)
            let report = try RateSearchRun(prepared: prepared, options: options).run()
            try prepared.free()
            guard !report.search.points.isEmpty else {
                throw TrainingError(
                    .diverged,
                    "the loss or its gradient is not finite at the weights that training starts from: look at the data's scale with data.normalize, and at init.default"
                )
            }
            try cluster.agree(
                Result { if let folder { try folder.write(report.search, picture: picture?(report)) } })
            return report
        }
    }
}
