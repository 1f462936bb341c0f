import Messages

/// Where a run is between two steps: everything that a resumed run needs besides the data and the settings. Each part
/// is changed only by its owner while the run goes on.
package struct RunPosition: Sendable, Equatable {
    /// The part of the epoch loop.
    package var progress = RunProgress()
    /// The part of the policy.
    package var policy = RunPolicy.State()
    /// The position of each sink that has one, by the sink's name; empty on ranks without sinks.
    package var sinks: [String: Int] = [:]
    /// The numbers that the update rule keeps between steps besides its arrays.
    package var ruleMemory: [Double] = []
    /// The update rule's numbers for the delayed step whose gradient is in the checkpoint.
    package var delayedNumbers: [Double]?

    /// The number of optimizer steps taken.
    package var step: Int { progress.step }
    /// Whether the run has ended by itself, rather than been stopped.
    package var isFinished: Bool { progress.isFinished }
    /// The bytes of metrics.jsonl that are final.
    var metricsLength: Int { sinks[RunFolder.metricsName] ?? 0 }

    /// The start of a run.
    package init() {}
}

/// In a file the fields of all parts are at one level.
extension RunPosition: Codable {
    private enum CodingKeys: String, CodingKey {
        case sinks
        case ruleMemory
        case delayedNumbers
        /// Bytes of metrics.jsonl, in checkpoints from before there were other sinks.
        case metricsLength
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        progress = try RunProgress(from: decoder)
        policy = try RunPolicy.State(from: decoder)
        sinks =
            try values.decodeIfPresent([String: Int].self, forKey: .sinks)
            ?? [RunFolder.metricsName: values.decode(Int.self, forKey: .metricsLength)]
        ruleMemory = try values.decode([Double].self, forKey: .ruleMemory)
        delayedNumbers = try values.decodeIfPresent([Double].self, forKey: .delayedNumbers)
    }

    package func encode(to encoder: any Encoder) throws {
        try progress.encode(to: encoder)
        try policy.encode(to: encoder)
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(sinks, forKey: .sinks)
        try values.encode(ruleMemory, forKey: .ruleMemory)
        try values.encodeIfPresent(delayedNumbers, forKey: .delayedNumbers)
    }
}

extension RunPosition {
    /// What is wrong with the position for such a run; nil if nothing is. A file may hold any values.
    ///
    /// - Parameters:
    ///   - examples: The examples of an epoch.
    ///   - memoryCount: The length of `ruleMemory`.
    package func problem(for settings: TrainingSettings, examples: Int, memoryCount: Int) -> String? {
        let (epochs, batches) = (settings.epochs, policy.batches)
        guard batches.isEmpty || settings.growth?.trigger == .noise, batches.count <= epochs + 1,
            batches.allSatisfy({ (1...examples).contains($0) })
        else { return "mini-batches that the run cannot have" }
        let (step, epoch, batch) = (progress.step, progress.epoch, progress.batch)
        guard (0...epochs).contains(epoch) else { return "epoch \(epoch) of \(epochs)" }
        let plan = RunPlan(settings, examples: examples, chosen: batches)
        let steps = epoch < epochs ? plan.steps(ofEpoch: epoch) : 0
        guard (0...steps).contains(batch) else { return "step \(batch) of an epoch of \(steps)" }
        guard step == plan.firstStep(ofEpoch: epoch) + batch else { return "step \(step) at another place" }
        guard (0...step).contains(policy.skippedSteps),
            (0...policy.skippedSteps).contains(policy.skippedInRow),
            (0...policy.skippedInRow).contains(policy.notFiniteInRow),
            (0...examples).contains(progress.epochExamples), progress.epochWeight ?? 0 >= 0,
            sinks.values.allSatisfy({ $0 >= 0 }),
            (0...step).contains(policy.bestStep),
            // The best weights may be of the epoch under way.
            (0...(settings.watchesEvaluations ? min(epoch + 1, epochs) : epoch)).contains(
                policy.watch.bestEpoch),
            policy.watch.bestStep.map({ settings.watchesEvaluations && (0...step).contains($0) }) ?? true,
            policy.gradientCourse?.isPossible ?? true,
            policy.watch.epochsSinceBest >= 0
        else { return "counts that do not fit together" }
        let losses = policy.recentLosses.values
        guard losses.count <= settings.spikes?.window ?? 0, losses.allSatisfy(\.isFinite) else {
            return "losses of steps that the run does not look at"
        }
        guard policy.lossPlateau == nil || settings.onPlateau != nil,
            policy.lossPlateau?.isPossible(epochs: epoch, steps: step - policy.skippedSteps) ?? true
        else { return "a plateau of the training loss that the run cannot have" }
        guard ruleMemory.isEmpty || ruleMemory.count == memoryCount else {
            return "\(counted(ruleMemory.count, "number")) of the update rule, which has \(memoryCount)"
        }
        let scalars = settings.isDelayed ? settings.optimizer.rule.scalarCount : nil
        guard delayedNumbers == nil || delayedNumbers?.count == scalars else {
            return "numbers of a delayed step, which the run does not have"
        }
        return nil
    }

    /// Whether both are the same place in training, whatever their sinks' positions.
    func isSamePlace(as other: RunPosition) -> Bool {
        var (own, others) = (self, other)
        own.sinks = [:]
        others.sinks = [:]
        return own == others
    }
}
