import Cluster
import DataParallel
import Datasets
import Foundation
import Layers
import Optimizers

/// What is settled before the first step: that settings go together, and that all ranks do the same.
extension RunPreparation {
    /// Throws on settings that do not go together or not with the data.
    static func check(_ settings: TrainingSettings, _ data: PreparedData, _ plan: RunPlan) throws {
        func conflict(_ problem: String) -> TrainingError { TrainingError(.configuration, problem) }
        if settings.isOnline, settings.epochs > 1 {
            throw conflict(
                "training.online uses each example once, training.epochs is \(settings.epochs): set it to 1")
        }
        if settings.isFullBatch, settings.growth != nil {
            throw conflict("training.batch: full cannot grow: leave out training.batch_growth")
        }
        if settings.isDelayed, settings.accumulate > 1 {
            throw conflict(
                "training.delayed hides the exchange behind one mini-batch, which training.accumulate makes rare: choose one of them"
            )
        }
        if settings.spikes != nil, settings.isDelayed || settings.maximumSkippedSteps == 0 {
            throw conflict(
                "training.skip_spikes leaves out steps before they are applied: leave out training.delayed, and let max_skipped_steps be above 0"
            )
        }
        let rule = settings.optimizer.rule
        if rule.requiresFullBatch {
            guard settings.isFullBatch else {
                throw conflict(
                    "optimizer \(rule.name) compares the signs of gradients, which mini-batches make noise of: set training.batch to full"
                )
            }
            guard settings.schedule.shape.name == ConstantShape.name,
                settings.schedule.warmupSteps(in: plan.shape) == 0
            else {
                throw conflict(
                    "optimizer \(rule.name) sets the learning rate of every weight itself: leave out schedule"
                )
            }
        }
        if settings.schedule.movesMomentum, !rule.takesMomentum {
            throw conflict(
                "the schedule moves the momentum, but optimizer \(rule.name) has none as it is set: give it one, or leave out schedule.momentum (of one_cycle and cyclical: set cycle_momentum to false)"
            )
        }
        let growsByNoise = settings.growth?.trigger == .noise
        if growsByNoise || settings.logsNoiseScale {
            guard settings.accumulate == 1, !settings.isDelayed else {
                throw conflict(
                    "the gradient noise scale is measured in single mini-batches: leave out training.accumulate and training.delayed"
                )
            }
            guard settings.shards > 1 else {
                throw conflict(
                    "the gradient noise scale compares shards: set training.shards to 2 or more")
            }
        }
        if growsByNoise, settings.schedule.unit == .step, settings.schedule.shape.name != ConstantShape.name {
            throw conflict(
                "schedule.by is step, but with batch_growth by noise the number of steps is not known before: set schedule.by to epoch"
            )
        }
        if settings.curvatureSteps != nil {
            guard settings.accumulate == 1, !settings.isDelayed else {
                throw conflict(
                    "the curvature of the loss is measured in single mini-batches, at the weights that their gradients change: leave out training.accumulate and training.delayed, or logged curvature"
                )
            }
        }
        if settings.schedule.plateau != nil, data.validation == nil {
            throw conflict(
                "\(settings.schedule.shape.name) watches the validation set, but there is none: set data.validation"
            )
        }
        if let name = settings.watchedMetric ?? (settings.earlyStopping == nil ? nil : "validation_loss"),
            name.hasPrefix("validation_"), data.validation == nil
        {
            throw conflict(
                "\(name) is to be watched, but there is no validation data: set data.validation")
        }
    }

    /// What makes a checkpoint this run's: the program, the settings that decide bytes, and the data.
    static func identity(_ settings: TrainingSettings, _ model: TracedModel, _ data: PreparedData)
        -> String
    {
        var digest = Digest()
        digest.add(model.trainingGraph(count: 2).description)
        for variable in model.variables { digest.add("\(variable.name) \(variable.shape)") }
        digest.add(settings.optimizer.identity)
        digest.add("\(settings.schedule)")
        digest.add("\(settings.clipping.maximumNorm ?? 0) \(settings.clipping.maximumValue ?? 0)")
        // Left out where it is the default, so that checkpoints from before there was a choice go on.
        if settings.exchange != .float32 { digest.add("exchange \(settings.exchange.rawValue)") }
        digest.add("\(settings.epochs) \(settings.batch) \(settings.shards) \(settings.seed)")
        digest.add(
            "\(settings.isFullBatch) \(settings.accumulate) \(String(describing: settings.growth)) \(settings.isDelayed)"
        )
        digest.add(
            "\(settings.maximumSkippedSteps) \(settings.watchedMetric ?? "") \(String(describing: settings.earlyStopping))"
        )
        if let spikes = settings.spikes { digest.add("spikes \(spikes.sigma) \(spikes.window)") }
        if let plateau = settings.onPlateau {
            digest.add("on_plateau escape \(plateau.patience) \(plateau.minimumChange)")
        }
        digest.add(
            "\(settings.data.normalization.identity) \(String(describing: settings.data.validation))")
        if settings.data.shuffle != .epoch { digest.add("shuffle \(settings.data.shuffle.rawValue)") }
        if !settings.data.augmentation.isEmpty { digest.add("augment \(settings.data.augmentation)") }
        digest.add(Digest.text(data.digest))
        return Digest.text(digest.bytes)
    }

    /// Throws on all ranks, naming the odd ones, unless all were given the same settings, as far as they can be told
    /// before data are loaded: ranks that want to do different things would wait for one another.
    static func checkConfiguration(_ settings: TrainingSettings, _ cluster: Cluster) throws {
        var digest = Digest()
        digest.add(settings.configurationText ?? "")
        digest.add(
            "\(settings.epochs) \(settings.batch) \(settings.accumulate) \(settings.shards) \(settings.seed)")
        digest.add(
            "\(settings.isDelayed) \(settings.isFullBatch) \(settings.isDryRun) \(settings.isProfiled)")
        digest.add("\(String(describing: settings.stepLimit)) \(settings.resume)")
        digest.add("\(settings.loggingSteps) \(settings.replicaCheckSteps) \(settings.checkpoints)")
        digest.add("\(String(describing: settings.curvatureSteps)) \(String(describing: settings.onPlateau))")
        try Agreement.check(
            "the configuration", digest.bytes, in: cluster.world,
            advice: "start every rank with the same arguments and the same configuration")
    }

    /// Throws on all ranks, naming the odd ones, unless all hold the same data and program.
    static func checkReplicas(_ identity: String, _ data: [UInt8], _ cluster: Cluster) throws {
        try Agreement.check(
            "the data", data, in: cluster.world, advice: "copy the same files to every node")
        try Agreement.check(
            "the program or its configuration", Array(identity.utf8), in: cluster.world,
            advice: "start the same binary with the same configuration on every rank")
    }
}

extension Normalization {
    /// What tells it from others in an identity; the default range is left out, as before there was a choice.
    var identity: String {
        switch self {
        case .none: "none"
        case .minMax(low: 0, high: 1): "minMax"
        case .minMax(let low, let high): "minMax \(low) \(high)"
        case .standardize: "standardize"
        case .whiten(let eps): "whiten \(eps)"
        }
    }
}
