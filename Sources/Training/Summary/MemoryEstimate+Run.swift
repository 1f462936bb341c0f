import DataParallel
import Datasets

extension MemoryEstimate.Work {
    /// What a run with these settings and data does.
    init(_ settings: TrainingSettings, _ data: PreparedData) {
        func sizes(_ batch: Int, of count: Int) -> [Int] {
            [min(batch, count), count % batch].filter { $0 > 0 }
        }
        let examples = data.training.count
        self.init(
            shards: settings.shardCount, rule: settings.optimizer.rule,
            batches: Set(RunPlan(settings, examples: examples).batches).sorted().flatMap {
                sizes($0, of: examples)
            })
        let evaluated = data.evaluated(settings)
        evaluations = evaluated.map { sizes(settings.evaluationBatch, of: $0.count) }
        var sets = [data.training.dataset]
        for part in [data.validation, data.test].compactMap({ $0 })
        where !sets.contains(where: { $0 === part.dataset }) {
            sets.append(part.dataset)
        }
        let layouts = sets.map(\.examples.layout)
        dataBytes = layouts.reduce(0) { $0 + $1.featureBytes + $1.labelBytes + $1.lengthBytes }
        // Row numbers of an epoch, of evaluations and of the epoch that follows.
        orderBytes = 4 * (2 * examples + evaluated.reduce(0) { $0 + $1.count })
        exampleBytes = layouts[0].width * 4 + layouts[0].labelSize + 8
        bucketBytes = settings.bucketBytes
        precision = settings.precision
        keepsGradients = settings.accumulate > 1 || settings.isDelayed
        isDelayed = settings.isDelayed
        keepsBest = RunPolicy.watchedMetric(settings) != nil
    }
}
