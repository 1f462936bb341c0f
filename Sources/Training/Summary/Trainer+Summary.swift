import Cluster
import DataParallel
import Datasets
import Foundation
import Layers

/// What a run will take, before it.
extension Trainer {
    /// Describes the model, and predicts what a run with these settings takes on this machine; collective over the
    /// cluster, and nothing is written.
    ///
    /// - Parameters:
    ///   - ranks: Ranks of one node, for the memory; nil for those of the cluster.
    ///   - measuresTime: Whether some steps are taken, to tell the time of an epoch with the cluster's ranks.
    ///   - tell: Takes the report on rank 0 as soon as all but the time is known: for the steps there may be too little
    ///     memory.
    ///   - makeModel: Makes the model for data of the given layout.
    /// - Returns: The report with the time, if that was measured.
    package static func summarize(
        _ settings: TrainingSettings, ranks: Int?, measuresTime: Bool, on cluster: Cluster,
        tell: (SummaryReport) throws -> Void, makeModel: (DatasetLayout) throws -> any Model
    ) throws -> SummaryReport {
        try worded(cluster) {
            let start = ProcessInfo.processInfo.systemUptime
            let program = try cluster.world.allReduce(ProcessMemory.resident ?? 0, .max)
            var settings = settings
            settings.isDryRun = true
            settings.resume = .no
            settings.stepLimit = nil
            settings.isProfiled = false
            let count = ranks ?? cluster.size
            func checkShards(_ known: Int?) throws {
                if let known, count > known {
                    throw ClusterError.moreRanksThanShards(ranks: count, shards: known)
                }
            }
            try checkShards(settings.knownShards)
            let data = try PreparedData(settings, on: cluster, .silent, makeModel: makeModel)
            try cluster.check(
                settings.precision, for: data.model, withoutProducts: settings.rankWithoutBFloat16)
            func prepare() throws -> RunPreparation {
                try RunPreparation(settings, on: cluster, start: start, loaded: data, makeModel: makeModel)
            }
            var prepared = settings.choosesBatch ? try prepare() : nil
            settings = prepared?.settings ?? settings
            settings.settleShards(examples: data.training.count)
            try checkShards(settings.knownShards)
            var report = try Self.report(
                settings, data, prepared?.batchChoice, ranks: count, program: program, cluster)
            if cluster.rank == 0 { try tell(report) }
            if measuresTime, count == cluster.size {
                let run = try prepared ?? prepare()
                prepared = run
                report.time = try EpochTime(run)
            }
            if let prepared { try prepared.free() } else { try data.free() }
            return report
        }
    }

    /// The report without the time.
    private static func report(
        _ settings: TrainingSettings, _ data: PreparedData, _ choice: BatchChoice?, ranks: Int, program: Int,
        _ cluster: Cluster
    ) throws -> SummaryReport {
        let memory = try MemoryEstimate(
            data.model, MemoryEstimate.Work(settings, data), kernels: cluster.kernels)
        let workers = settings.workers ?? max(1, cluster.nodeCores / ranks)
        let examples = data.training.count
        return SummaryReport(
            model: ModelSummary(data.model), exampleShape: data.exampleShape, settings: settings,
            choice: choice,
            batch: settings.batchIfAny ?? (examples + settings.accumulate - 1) / settings.accumulate,
            memory: memory, ranks: memory.ranks(ranks, workers: workers, program: program),
            workers: workers)
    }
}
