import Cluster
import Configuration
import Datasets
import Foundation
import Messages
import Training

/// A search: rung by rung, its trials train up to more and more epochs, and fewer and fewer of them.
extension StudyExecution {
    /// What a search came to.
    struct FoundTrials {
        /// The trials' numbers, in the order of their numbers, with their ranks as labels.
        let runs: [RunNumbers]
        /// Their standings from the best to the worst.
        let ranked: [StudySearch.Standing]

        /// The trials from the best to the worst.
        var rankedRuns: [RunNumbers] { ranked.map { runs[$0.trial] } }
    }

    /// The labels of trials behind those of the varied keys.
    static let trialLabels = ["rank", "rung", "epochs"]

    /// Trains the trials; nil where one was asked to stop. Which trials go on is decided by numbers that rank 0 reads from
    /// the runs' folders, so that a search that was stopped decides the same again.
    func trainTrials(_ search: StudySearch) throws -> FoundTrials? {
        let runs = study.runs
        // Trials may differ in their epochs.
        let longest = runs.map(\.configuration.settings.epochs).max() ?? 1
        let rungs = search.rungs(trials: runs.count, epochs: longest)
        var standings = runs.indices.map { StudySearch.Standing(trial: $0, rung: 0, value: nil) }
        var made: [Int: Made] = [:]
        for (level, rung) in rungs.enumerated() {
            let best = search.ranked(standings).filter { $0.rung == level && ($0.value != nil || level == 0) }
            let going = best.prefix(rung.trials).map(\.trial).sorted()
            for (place, trial) in going.enumerated() {
                let number =
                    "\(place + 1) of \(going.count), rung \(level + 1) of \(rungs.count), to epoch \(rung.epochs)"
                let run = runs[trial]
                if isVerbose { lines.line("\n\(run.name) (\(number))") }
                let found = try train(
                    run, number, startsAnew: overwrites && level == 0, epochs: rung.epochs)
                guard let found else { return nil }
                made[trial] = found
                standings[trial] = try Agreement.fromRoot(cluster.world) {
                    let value = found.numbers.value(
                        of: search.metric, atEpoch: rung.epochs,
                        isLast: rung.epochs >= run.configuration.settings.epochs)
                    return StudySearch.Standing(trial: trial, rung: level + 1, value: value)
                }
                let value = standings[trial].value.map {
                    "\(search.metric) \(ProgressReporter.significant($0, 4))"
                }
                tell(run, found, number, found: value)
            }
        }
        if standings.allSatisfy({ $0.value == nil }), made.values.contains(where: { $0.divergence == nil }) {
            throw TrainingError(
                .configuration,
                "no trial in \(study.output) has a finite \(search.metric): rank trials by a metric that their metrics.jsonl shows"
            )
        }
        let ranked = search.ranked(standings)
        let numbers = runs.indices.compactMap { trial -> RunNumbers? in
            guard var numbers = made[trial]?.numbers else { return nil }
            let rank = (ranked.firstIndex { $0.trial == trial } ?? 0) + 1
            numbers.labels += ["\(rank)", "\(standings[trial].rung)", "\(numbers.epochs)"]
            return numbers
        }
        return FoundTrials(runs: numbers, ranked: ranked)
    }

    /// The best trial's configuration as YAML, with what it came to; nil where all have diverged.
    func bestConfiguration(_ search: StudySearch, _ found: FoundTrials) -> String? {
        guard let best = found.ranked.first, let value = best.value else { return nil }
        let run = study.runs[best.trial]
        let epochs = found.runs[best.trial].epochs
        return """
            # The best of \(counted(study.runs.count, "trial")): \(run.name), \(search.metric) \(value.plainText) after \(counted(epochs, "epoch")).

            """ + run.configuration.yamlWithoutOutput
    }
}
