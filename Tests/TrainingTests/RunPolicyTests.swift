import DataParallel
import Datasets
import Foundation
import Optimizers
import Testing

@testable import Training

/// What a run decides, from numbers alone.
@Suite struct RunPolicyTests {
    private func policy(
        examples: Int = 32, _ change: (inout TrainingSettings) throws -> Void = { _ in }
    ) throws -> RunPolicy {
        var settings = try TrainingSettings.small()
        settings.epochs = 6
        settings.batch = 8
        try change(&settings)
        return RunPolicy(settings, try settings.rates(), examples: examples)
    }

    // MARK: Steps

    @Test func skippedStepsInARowAreTheEnd() throws {
        var policy = try policy { $0.maximumSkippedSteps = 3 }
        let broken = "the gradient was not finite"
        #expect(policy.observe(loss: 1, skipped: .gradient) == .init(skipped: broken))
        #expect(policy.finalDivergence == "the gradient was not finite in the last step")
        // A step that counts ends the row, not the sum.
        #expect(policy.observe(loss: 1, skipped: nil) == .init() && policy.finalDivergence == nil)
        #expect(policy.observe(loss: .nan, skipped: .gradient) == .init(skipped: broken))
        #expect(policy.observe(loss: 1, skipped: .gradient) == .init(skipped: broken))
        #expect(
            policy.observe(loss: 1, skipped: .gradient)
                == .init(skipped: broken, divergence: "\(broken) 3 steps in a row"))
        #expect(policy.state.skippedSteps == 4 && policy.state.skippedInRow == 3)
        // The optimizer has not counted them.
        #expect(policy.uncountedSteps == 4)
    }

    @Test func lossThatIsNotFinite() throws {
        var policy = try policy()
        #expect(policy.observe(loss: .nan, skipped: nil) == .init(divergence: "the loss is not finite"))
        #expect(policy.state.skippedSteps == 0)
    }

    @Test func spikes() throws {
        var policy = try policy {
            $0.spikes = LossSpikeGuard(sigma: 3, window: 4)
            $0.maximumSkippedSteps = 2
        }
        #expect(policy.lossLimit == nil)
        for loss in [1.0, 3] { _ = policy.observe(loss: loss, skipped: nil) }
        #expect(policy.lossLimit.map { abs($0 - (2 + 3 * 2.0.squareRoot())) < 1e-12 } == true)
        let what = "the loss, 9.0000, was far above the recent ones"
        #expect(policy.observe(loss: 9, skipped: .loss) == .init(skipped: what))
        #expect(policy.finalDivergence == nil, "what was left out is no broken gradient")
        #expect(
            policy.observe(loss: 9, skipped: .gradient).divergence
                == "the gradient was not finite, and 2 steps in a row changed nothing")
        #expect(policy.state.recentLosses.values == [1, 3, 9, 9])
    }

    // MARK: Epochs

    /// Ends epochs with values of a metric.
    private func ended(
        _ policy: inout RunPolicy, _ values: [Double?], from epoch: Int = 0, loss: Double? = 1
    ) -> [RunPolicy.EpochVerdict] {
        values.enumerated().map { place, value in
            policy.endEpoch(epoch + place, step: 4 * (epoch + place + 1), trainingLoss: loss) {
                $0 == "validation_accuracy" ? value : nil
            }
        }
    }

    @Test func stopsEarly() throws {
        func make(restores: Bool) throws -> RunPolicy {
            try self.policy {
                $0.watchedMetric = "validation_accuracy"
                $0.earlyStopping = EarlyStopping(patience: 2, restoresBest: restores)
            }
        }
        var policy = try make(restores: true)
        let verdicts = ended(&policy, [0.5, 0.7, 0.7, .nan])
        // More is better, and an equal value is no better.
        #expect(verdicts.map(\.isBest) == [true, true, false, false])
        #expect(verdicts.map { $0.earlyStop == nil } == [true, true, true, false])
        #expect(
            verdicts[3].earlyStop == "early stop: validation_accuracy was best in epoch 2, 2 epochs ago")
        #expect(policy.hasStoppedEarly && policy.state.bestStep == 8)
        #expect(policy.epochToRestore(after: 4, step: 0) == 2)
        var last = try make(restores: false)
        _ = ended(&last, [0.5, 0.4, 0.3])
        #expect(last.hasStoppedEarly && last.epochToRestore(after: 3, step: 0) == nil)
        // Behind the last epoch there is nothing to stop.
        var whole = try make(restores: true)
        _ = ended(&whole, [0.1, 0.2, 0.3, 0.4, 0.3, 0.2])
        #expect(!whole.hasStoppedEarly && whole.epochToRestore(after: 6, step: 0) == 4)
        #expect(ended(&whole, [nil], from: 5) == [.init()], "what was not measured decides nothing")
    }

    /// Where evaluations within epochs are watched, patience counts them, and rates follow them.
    @Test func stopsWithinAnEpoch() throws {
        var policy = try policy {
            $0.data.validation = .fraction(0.2)
            $0.watchesEvaluations = true
            $0.earlyStopping = EarlyStopping(patience: 2)
            $0.schedule = try ScheduleConfiguration(name: "reduce_on_plateau", options: ["patience": 1])
        }
        func look(_ step: Int, _ loss: Double) -> RunPolicy.EpochVerdict {
            policy.evaluated(in: (step - 1) / 4, step: step) { $0 == "validation_loss" ? loss : nil }
        }
        #expect(look(2, 0.5).isBest && policy.state.watch.place == "step 2, in epoch 1")
        let ended = policy.endEpoch(0, step: 4, trainingLoss: 1) { $0 == "validation_loss" ? 0.4 : nil }
        #expect(ended.isBest && policy.state.watch.bestStep == 4 && policy.state.bestStep == 4)
        #expect(look(6, 0.45).earlyStop == nil && policy.learningRate(6) == 0.1)
        let verdict = look(7, 0.45)
        #expect(verdict.earlyStop == "early stop: validation_loss was best at step 4, 2 evaluations ago")
        #expect(policy.hasStoppedEarly && abs(policy.learningRate(7) - 0.01) < 1e-12)
        #expect(
            policy.epochToRestore(after: 1, step: 7) == 1 && policy.epochToRestore(after: 1, step: 4) == nil)
        // By epochs they decide nothing.
        var plain = try self.policy { $0.data.validation = .fraction(0.2) }
        let none = plain.evaluated(in: 0, step: 2) { _ in 0.5 }
        #expect(none == .init() && plain.state.watch == MetricWatch())
    }

    /// A rate that ends at nothing is named only where the gradient is still there.
    @Test func spentRates() throws {
        func end(_ norms: [Double], _ schedule: String = "cosine", minimum: Double = 0) throws -> SpentRate? {
            var policy = try policy(examples: 800) {
                $0.schedule = try ScheduleConfiguration(
                    name: schedule, options: schedule == "cosine" ? ["eta_min": .number(minimum)] : [:])
            }
            for norm in norms { policy.observe(gradientNorm: norm) }
            return policy.spentRate(after: policy.plan.totalSteps)
        }
        let start = [2.0, 2, 2, 2, 2, 5, 7]
        let spent = try #require(try end(start + [1, 1, 1, 1, 1]))
        #expect(spent.largest == 0.1 && spent.last < 1e-6 && spent.firstNorm == 2 && spent.lastNorm == 1)
        #expect(spent.text.contains("schedule.eta_min") && !spent.text.contains("\n"))
        #expect(try end(start + [0.1, 0.1, 0.1, 0.1, 0.1]) == nil, "the gradient fell, too")
        #expect(try end(start + [1, 1, 1, 1, 1], minimum: 0.001) == nil)
        #expect(try end(start + [1, 1, 1, 1, 1], "constant") == nil)
        #expect(try end([2, 2, 2, 2, 2, 1, 1]) == nil, "too few to tell")
    }

    @Test func watchesLossesByThemselves() throws {
        var policy = try policy {
            $0.watchedMetric = "train_loss"
            $0.checkpoints.keepsBest = false
        }
        #expect(ended(&policy, [nil], loss: 2)[0].isBest && ended(&policy, [nil], from: 1, loss: 1)[0].isBest)
        #expect(!ended(&policy, [nil], from: 2, loss: 1.5)[0].isBest)
        #expect(policy.state.bestStep == 0 && policy.state.watch.bestEpoch == 2)
        let settings = try TrainingSettings.small()
        #expect(RunPolicy.watchedMetric(settings) == nil)
        var validated = settings
        validated.data.validation = .fraction(0.2)
        #expect(RunPolicy.watchedMetric(validated) == "validation_loss")
    }

    @Test func ratesFollowAMetric() throws {
        var policy = try policy {
            $0.schedule = try ScheduleConfiguration(name: "reduce_on_plateau", options: ["patience": 0])
        }
        #expect(policy.learningRate(5) == 0.1)
        for (epoch, loss) in [1.0, 0.5, 0.7].enumerated() {
            _ = policy.endEpoch(epoch, step: epoch, trainingLoss: 1) { $0 == "validation_loss" ? loss : nil }
        }
        #expect(abs(policy.learningRate(15) - 0.01) < 1e-12)
    }

    /// Gradients that are all noise let batches grow, those that agree do not.
    @Test func batchesGrowWithNoise() throws {
        let noisy = GradientNoise(shardSquares: [1, 1], shardCounts: [4, 4], square: 0)
        let agreed = GradientNoise(shardSquares: [0.25, 0.25], shardCounts: [4, 4], square: 1)
        func grown(_ noise: GradientNoise?) throws -> RunPolicy {
            var policy = try policy { $0.growth = BatchGrowth(.noise, factor: 1.5, maximum: 15) }
            #expect(policy.measuresNoise)
            for _ in 0..<3 { _ = policy.observe(loss: 1, skipped: nil, noise: noise) }
            let verdicts = ended(&policy, [nil, nil])
            #expect(
                verdicts.map(\.growth)
                    == (policy.plan.batches[2] > 8
                        ? ["batch: 8 -> 12 examples", "batch: 12 -> 15 examples"] : [nil, nil]))
            return policy
        }
        #expect(try grown(noisy).plan.batches == [8, 12, 15, 15, 15, 15])
        #expect(
            try grown(noisy).state.batches == [8, 12, 15] && grown(noisy).plan.totalSteps == 4 + 3 + 4 * 3)
        #expect(try grown(agreed).plan.batches == [8, 8, 8, 8, 8, 8])
    }

    @Test func plateausOfTheTrainingLoss() throws {
        var policy = try policy { $0.onPlateau = PlateauEscape(patience: 2) }
        _ = policy.observe(loss: 1, skipped: .gradient)
        _ = ended(&policy, [nil, nil])
        #expect(policy.reachedPlateau == nil)
        // An epoch whose steps were all skipped tells nothing.
        _ = ended(&policy, [nil], from: 2, loss: nil)
        #expect(policy.reachedPlateau == nil)
        _ = ended(&policy, [nil], from: 3)
        #expect(policy.reachedPlateau?.epochs == 2 && policy.reachedPlateau?.best == 1)
        policy.lookAgain()
        #expect(policy.reachedPlateau == nil && policy.uncountedSteps == 1)
        policy.startAnew(after: 16)
        // Fifteen applied steps were before, and one was skipped.
        #expect(policy.uncountedSteps == 16 && policy.state.monitor == GradientMonitor())
        var without = try self.policy()
        _ = ended(&without, [nil, nil, nil])
        #expect(without.state.lossPlateau == nil && without.reachedPlateau == nil)
    }

    // MARK: Checkpoints

    /// A policy that goes on from its state decides as one that never stopped.
    @Test func goesOn() throws {
        func settings() throws -> TrainingSettings {
            var settings = try TrainingSettings.small()
            settings.epochs = 6
            settings.batch = 8
            settings.watchedMetric = "validation_accuracy"
            settings.earlyStopping = EarlyStopping(patience: 3)
            settings.growth = BatchGrowth(.noise)
            settings.onPlateau = PlateauEscape(patience: 1)
            settings.spikes = LossSpikeGuard(window: 4)
            return settings
        }
        let noisy = GradientNoise(shardSquares: [1, 1], shardCounts: [4, 4], square: 0)
        func epoch(_ number: Int, _ policy: inout RunPolicy) -> [RunPolicy.EpochVerdict] {
            for loss in [1.0, 2, 3] { _ = policy.observe(loss: loss, skipped: nil, noise: noisy) }
            _ = policy.look([("a", 4, 1), ("b", 4, Double(number))])
            return ended(&policy, [[0.5, 0.6, 0.6, 0.6, 0.6, 0.6][number]], from: number)
        }
        for cut in 1...4 {
            var whole = RunPolicy(try settings(), try settings().rates(), examples: 64)
            var parts = whole
            for number in 0..<5 {
                if number == cut {
                    let bytes = try CheckpointFormat.encoder().encode(parts.state)
                    let state = try CheckpointFormat.decoder().decode(RunPolicy.State.self, from: bytes)
                    parts = RunPolicy(
                        try settings(), try settings().rates(), examples: 64, state: state)
                }
                #expect(epoch(number, &whole) == epoch(number, &parts))
                #expect(whole.state == parts.state && whole.plan == parts.plan, "cut at \(cut)")
            }
            #expect(whole.hasStoppedEarly && parts.hasStoppedEarly)
        }
    }
}
