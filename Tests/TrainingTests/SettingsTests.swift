import Cluster
import Layers
import Optimizers
import Options
import Testing

@testable import Training

/// Settings that a Swift program gives: they are held against the same limits and conflicts as a configuration's.
@Suite struct SettingsTests {
    private typealias Change = @Sendable (inout TrainingSettings) throws -> Void

    private static func problem(_ change: Change) throws -> String? {
        var settings = try SettingsTable.defaults
        try change(&settings)
        do { try settings.check() } catch let error as TrainingError {
            #expect(error.kind == .configuration)
            return "\(error)"
        }
        return nil
    }

    @Test func defaultsAreFine() throws { #expect(try Self.problem { _ in } == nil) }

    private static let limits: [(change: Change, says: String)] = [
        ({ $0.epochs = 0 }, "training.epochs is 0; it must be a whole number from 1 to 1000000"),
        ({ $0.batch = -1 }, "training.batch is -1; it must be a whole number from 1 to 16777216"),
        ({ $0.shards = 70_000 }, "training.shards is 70000; it must be a whole number from 1 to 65536"),
        ({ $0.stallTimeout = -1 }, "training.stall_timeout is -1; it must be a number of seconds"),
        ({ $0.maximumMinutes = 0 }, "training.max_minutes is 0; it must be a number of minutes above 0"),
        ({ $0.checkpoints.keep = 0 }, "checkpoint.keep is 0; it must be a whole number from 1"),
        ({ $0.loggingSteps = 0 }, "logging.every_steps is 0"),
        ({ $0.workers = 0 }, "training.workers is 0"),
        (
            { $0.watchedMetric = "validation_los" },
            "training.watch is validation_los; it must be one of train_loss"
        ),
    ]

    /// The number of shards once the training set is known, and what a run then has.
    @Test func shards() throws {
        var settings = try SettingsTable.defaults
        settings.isFullBatch = true
        #expect(settings.knownShards == nil && settings.shardCount == 8)
        #expect(settings.shardCount(examples: 60_000) == 1875 && settings.shardCount(examples: 100) == 8)
        settings.accumulate = 7
        #expect(settings.shardCount(examples: 60_000) == 268)
        #expect(settings.evaluationBatch == 1024)
        settings.makesConfigurationText = { "\($0.shards ?? 0)" }
        settings.settleShards(examples: 60_000)
        #expect(settings.shards == 268 && settings.configurationText == "268")
        // Shards of an evaluation have as many examples as those of a step.
        #expect(settings.evaluationBatch == 268 * 32)
        // Nothing that comes later changes it.
        settings.settleShards(examples: 10)
        #expect(settings.shards == 268)

        var searching = try SettingsTable.defaults
        searching.choosesBatch = true
        #expect(searching.knownShards == nil)
        searching.take(batch: 4096)
        #expect(searching.knownShards == 128)
    }

    @Test(arguments: limits.indices) func limit(_ place: Int) throws {
        let problem = try Self.problem(Self.limits[place].change)
        #expect(problem?.hasPrefix(Self.limits[place].says) == true, "\(problem ?? "none")")
    }

    private static func own(_ name: String) -> Metric {
        .custom(CustomMetric.ofClasses(name, higherIsBetter: true) { scores, label in Double(scores[label]) })
    }

    /// Metrics of a program's own: a name that means nothing else, each once, and watched only where they are reported.
    @Test func ownMetrics() throws {
        #expect(
            try Self.problem {
                $0.metrics = [.accuracy, Self.own("gap_2")]
                $0.data.validation = .fraction(0.5)
                $0.watchedMetric = "validation_gap_2"
            } == nil)
        for name in ["", "Gap", "a b", "f1", "top_7_accuracy", "steps_per_second", "gap_per_class"] {
            let problem = try Self.problem { $0.metrics = [Self.own(name)] }
            #expect(
                problem?.hasPrefix("evaluation.metrics has a metric called \"\(name)\": ") == true,
                "\(problem ?? "")")
        }
        #expect(
            try Self.problem { $0.metrics = [Self.own("gap"), .accuracy, Self.own("gap")] }
                == "evaluation.metrics names gap twice")
        #expect(try Self.problem { $0.metrics = [.f1, .f1] } == "evaluation.metrics names f1 twice")
        let unknown = try Self.problem {
            $0.data.validation = .fraction(0.5)
            $0.watchedMetric = "validation_gap"
        }
        #expect(unknown?.hasPrefix("training.watch is validation_gap; it must be one of train_loss") == true)
    }

    /// A change beside steps of Newton's method.
    private static func newton(_ change: @escaping Change) -> Change {
        { settings in
            settings.optimizer = try OptimizerConfiguration(name: "newton_cg")
            try change(&settings)
        }
    }

    /// Every pair of settings that do not go together, by the key that is to change.
    private static let conflicts: [(change: Change, key: String)] = [
        ({ $0.isOnline = true }, "training.epochs"),
        ({ ($0.isFullBatch, $0.growth) = (true, BatchGrowth(.every(2))) }, "training.batch_growth"),
        ({ ($0.isDelayed, $0.accumulate) = (true, 2) }, "training.delayed"),
        ({ ($0.isDelayed, $0.spikes) = (true, LossSpikeGuard()) }, "training.skip_spikes"),
        ({ ($0.maximumSkippedSteps, $0.spikes) = (0, LossSpikeGuard()) }, "training.skip_spikes"),
        ({ ($0.isOnline, $0.epochs, $0.onPlateau) = (true, 1, PlateauEscape()) }, "training.on_plateau"),
        (
            {
                $0.optimizer = try OptimizerConfiguration(name: "delta_bar_delta")
                $0.optimizer.noDecay = [.bias]
                $0.isFullBatch = true
            }, "optimizer.no_decay"
        ),
        (
            {
                $0.isFullBatch = true
                $0.schedule = try ScheduleConfiguration(name: "constant", options: ["scale_with_batch": 64])
            }, "schedule scale_with_batch"
        ),
        ({ $0.schedule = ScheduleConfiguration(.step(size: 0)) }, "schedule.step_size"),
        (
            { $0.schedule = try ScheduleConfiguration(name: "reduce_on_plateau") },
            "schedule reduce_on_plateau watches"
        ),
        ({ $0.optimizer = try OptimizerConfiguration(name: "delta_bar_delta") }, "training.batch"),
        (
            {
                $0.optimizer = try OptimizerConfiguration(name: "delta_bar_delta")
                $0.isFullBatch = true
                $0.schedule = try ScheduleConfiguration(name: "cosine")
            }, "schedule must be left out"
        ),
        (
            {
                $0.optimizer = try OptimizerConfiguration(name: "sgd", options: ["lr": 0.1])
                $0.schedule = try ScheduleConfiguration(name: "one_cycle")
            }, "schedule moves the momentum"
        ),
        ({ ($0.logsNoiseScale, $0.accumulate) = (true, 2) }, "logging.noise_scale"),
        ({ ($0.growth, $0.shards) = (BatchGrowth(.noise), 1) }, "training.batch_growth"),
        (
            {
                $0.growth = BatchGrowth(.noise)
                $0.schedule = try ScheduleConfiguration(name: "cosine")
            }, "schedule.by"
        ),
        ({ ($0.curvatureSteps, $0.isDelayed) = (5, true) }, "logging.curvature"),
        (newton { $0.schedule = try ScheduleConfiguration(name: "cosine") }, "schedule must be left out"),
        (newton { $0.schedule = ScheduleConfiguration(.constant, warmup: .epochs(1)) }, "schedule must be"),
        (
            newton {
                $0.schedule = try ScheduleConfiguration(name: "constant", options: ["scale_with_batch": 64])
            }, "schedule must be"
        ),
        (newton { $0.clipping = try GradientClipping(maximumNorm: 1) }, "training.clip"),
        (newton { $0.clipping = try GradientClipping(maximumValue: 1) }, "training.clip"),
        (newton { $0.isDelayed = true }, "training.delayed"),
        (newton { $0.optimizer.lookahead = try LookaheadOptions() }, "optimizer.lookahead"),
        (newton { $0.optimizer.isSharded = true }, "optimizer.sharded"),
        (newton { $0.exchange = .bfloat16 }, "training.exchange"),
        (newton { $0.precision = .bfloat16 }, "training.precision"),
        (newton { $0.curvatureSteps = 5 }, "logging.curvature"),
        ({ $0.watchedMetric = "validation_accuracy" }, "training.watch"),
        ({ ($0.isDelayed, $0.evaluationSteps) = (true, 5) }, "evaluation.every_steps must be left out"),
        ({ $0.watchesEvaluations = true }, "training.watch by step needs evaluations"),
        (
            { ($0.watchesEvaluations, $0.evaluationSteps) = (true, 5) },
            "training.watch by step needs validation data"
        ),
        (
            {
                ($0.watchesEvaluations, $0.evaluationSteps, $0.watchedMetric) = (true, 5, "train_loss")
                $0.data.validation = .fraction(0.1)
            },
            "training.watch must be by epoch"
        ),
        ({ $0.earlyStopping = EarlyStopping() }, "training.early_stopping"),
    ]

    @Test(arguments: conflicts.indices) func conflict(_ place: Int) throws {
        let problem = try Self.problem(Self.conflicts[place].change)
        #expect(problem?.hasPrefix(Self.conflicts[place].key) == true, "\(problem ?? "none")")
    }

    @Test func whatGoesTogether() throws {
        #expect(try Self.problem { ($0.isOnline, $0.epochs) = (true, 1) } == nil)
        #expect(
            try Self.problem { ($0.watchedMetric, $0.data.validation) = ("validation_loss", .fraction(0.1)) }
                == nil)
        #expect(try Self.problem { $0.watchedMetric = "train_loss" } == nil)
        let newton = Self.newton {
            ($0.accumulate, $0.growth, $0.logsNoiseScale) = (1, BatchGrowth(.every(2)), true)
            ($0.spikes, $0.onPlateau, $0.optimizer.noDecay) = (LossSpikeGuard(), PlateauEscape(), [.bias])
        }
        #expect(try Self.problem(newton) == nil)
    }

    /// A program's own rule takes part as a value, and one rate is all there is.
    @Test func oneRate() throws {
        var settings = try SettingsTable.defaults
        settings.optimizer = OptimizerConfiguration(rule: try SGD(momentum: 0.5), learningRate: 0.25)
        settings.schedule = ScheduleConfiguration(.cosine(), warmup: .epochs(1))
        #expect(try settings.rates().baseRate == 0.25)
        try settings.check()
        let other = OptimizerConfiguration(rule: try SGD(momentum: 0.75), learningRate: 0.25)
        #expect(other.options != settings.optimizer.options)
    }
}
