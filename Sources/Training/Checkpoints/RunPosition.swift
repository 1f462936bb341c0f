import Messages

/// Where a run stands between two steps: everything that resume needs beside the data and the settings. Each part is its
/// owner's, who alone changes it while the run goes on.
package struct RunPosition: Sendable, Equatable {
    /// The epoch loop's.
    package var progress = RunProgress()
    /// The policy's.
    package var policy = RunPolicy.State()
    /// How far each sink is that keeps a position, by its name; none on ranks without sinks.
    package var sinks: [String: Int] = [:]
    /// What the update rule keeps between steps beside its arrays.
    package var ruleMemory: [Double] = []
    /// The update rule's numbers of a delayed step whose gradient the checkpoint holds.
    package var delayedNumbers: [Double]?

    /// Optimizer steps taken.
    package var step: Int { progress.step }
    /// Whether the run has ended by itself.
    package var isFinished: Bool { progress.isFinished }
    /// Bytes of metrics.jsonl that are final.
    var metricsLength: Int { sinks[RunFolder.metricsName] ?? 0 }

    /// The start of a run.
    package init() {}
}

/// In a file all parts stand side by side.
extension RunPosition: Codable {
    private enum CodingKeys: String, CodingKey {
        case sinks
        case ruleMemory
        case delayedNumbers
        /// Bytes of metrics.jsonl, in checkpoints of before there were other sinks.
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
    /// What is wrong with the position for a run of these numbers, or nil: a file may say anything.
    ///
    /// - Parameters:
    ///   - examples: Examples of an epoch.
    ///   - memoryCount: Numbers in `ruleMemory`.
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
            (0...examples).contains(progress.epochExamples), sinks.values.allSatisfy({ $0 >= 0 }),
            (0...step).contains(policy.bestStep), (0...epoch).contains(policy.watch.bestEpoch),
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

    /// Whether both are the same place of training, whatever sinks have taken by then.
    func isSamePlace(as other: RunPosition) -> Bool {
        var (own, others) = (self, other)
        own.sinks = [:]
        others.sinks = [:]
        return own == others
    }
}
