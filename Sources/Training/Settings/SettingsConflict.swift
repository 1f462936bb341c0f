import Layers
import Optimizers
import Options

/// Settings that contradict each other: the key to change, and why.
package struct SettingsConflict: Sendable, Equatable {
    /// The key, such as "training.delayed".
    package let key: String
    /// The problem, as a sentence without the key.
    package let problem: String
    /// How to solve it, if the problem does not say that.
    package let advice: String?

    init(_ key: String, _ problem: String, advice: String? = nil) {
        self.key = key
        self.problem = problem
        self.advice = advice
    }

    package var text: String { "\(key) \(problem)" + (advice.map { ": \($0)" } ?? "") }

    /// A conflict about an option inside a key.
    init(_ key: String, _ error: OptionError) {
        self.init("\(key).\(error.key)", error.problem, advice: error.remedy)
    }
}

extension SettingsConflict {
    /// What is wrong with the names of metrics to report; nil if nothing is.
    init?(metrics: [Metric]) {
        for case .custom(let metric) in metrics where !metric.hasName {
            self.init(
                "evaluation.metrics", "has a metric called \"\(metric.name)\"",
                advice:
                    "give it a name of lower case letters, digits and underscores that is not one of dtrain's own"
            )
            return
        }
        let names = metrics.map(\.name)
        guard let name = names.first(where: { name in names.filter { $0 == name }.count > 1 }) else {
            return nil
        }
        self.init("evaluation.metrics", "names \(name) twice")
    }
}

extension TrainingSettings {
    /// The first conflict among the settings; nil if there is none.
    package var conflict: SettingsConflict? {
        for rule in Self.conflicts { if let conflict = rule(self) { return conflict } }
        return nil
    }

    /// Throws on invalid values and on settings that contradict each other.
    func check() throws {
        var vocabulary = Vocabulary.standard
        vocabulary.metrics = customMetrics
        let table = vocabulary.metrics.isEmpty ? SettingsTable.standard : SettingsTable(vocabulary)
        for key in table.keys {
            let value = key.value(self)
            guard value != .none, key.form.isSort(of: value) else { continue }
            do throws(OptionError) { try key.form.check(value, key: key.path) } catch {
                throw TrainingError(.configuration, error.description)
            }
        }
        if let conflict { throw TrainingError(.configuration, conflict.text) }
    }

    /// The metric that best weights and early stopping watch; nil for none.
    private var watched: String? { watchedMetric ?? (earlyStopping == nil ? nil : "validation_loss") }

    private static let conflicts: [@Sendable (TrainingSettings) -> SettingsConflict?] = [
        { settings in
            if let conflict = SettingsConflict(metrics: settings.metrics ?? []) { return conflict }
            guard let name = settings.watchedMetric, name != "train_loss",
                settings.metric(validation: name) == nil
            else { return nil }
            return SettingsConflict(
                settings.earlyStopping == nil ? "training.watch" : "training.early_stopping",
                "watches \(name), which evaluation does not report", advice: "name it in evaluation.metrics")
        },
        { settings in
            guard settings.isOnline, settings.epochs > 1 else { return nil }
            return SettingsConflict(
                "training.epochs", "must be 1 beside online: true, which uses each example once")
        },
        { settings in
            guard settings.data.shuffle == .replacement, settings.isOnline || settings.isFullBatch else {
                return nil
            }
            return SettingsConflict(
                "data.shuffle",
                settings.isOnline
                    ? "must not be replacement beside online: true, which uses each example once"
                    : "must not be replacement beside batch: full, which uses each example in every step")
        },
        { settings in
            guard settings.isFullBatch, settings.growth != nil else { return nil }
            return SettingsConflict(
                "training.batch_growth", "must be left out beside batch: full, which cannot grow")
        },
        { settings in
            guard settings.isDelayed, settings.accumulate > 1 else { return nil }
            return SettingsConflict(
                "training.delayed", "must be false beside accumulate, which is \(settings.accumulate)")
        },
        { settings in
            guard settings.isDelayed, settings.evaluationSteps != nil else { return nil }
            return SettingsConflict(
                "evaluation.every_steps",
                "must be left out beside training.delayed: true, whose weights would change: evaluation applies the gradient under way at once"
            )
        },
        { settings in
            guard settings.watchesEvaluations else { return nil }
            guard settings.evaluationSteps != nil else {
                return SettingsConflict(
                    "training.watch", "by step needs evaluations within epochs",
                    advice: "set evaluation.every_steps")
            }
            guard settings.data.validation != nil else {
                return SettingsConflict(
                    "training.watch", "by step needs validation data", advice: "set data.validation")
            }
            guard settings.watchedMetric == "train_loss" else { return nil }
            return SettingsConflict(
                "training.watch", "must be by epoch beside train_loss, a mean over the steps of an epoch")
        },
        { settings in
            guard settings.spikes != nil else { return nil }
            if settings.isDelayed {
                return SettingsConflict(
                    "training.skip_spikes",
                    "must be left out beside delayed: true, whose gradients are applied a step later")
            }
            guard settings.maximumSkippedSteps == 0 else { return nil }
            return SettingsConflict(
                "training.skip_spikes", "must be left out beside max_skipped_steps: 0, which skips nothing")
        },
        { settings in
            guard settings.isOnline, settings.onPlateau != nil else { return nil }
            return SettingsConflict(
                "training.on_plateau",
                "must be left out beside online: true, whose only epoch has none to compare with")
        },
        { settings in
            do throws(OptionError) { try settings.optimizer.check() } catch {
                return SettingsConflict("optimizer", error)
            }
            return nil
        },
        { settings in settings.conflictWithNewton },
        { settings in
            guard settings.isFullBatch, settings.schedule.scalesWithBatch else { return nil }
            return SettingsConflict(
                "schedule", "scale_with_batch must be left out beside training.batch: full",
                advice: "set optimizer.lr to the rate you want")
        },
        { settings in
            do throws(OptionError) { _ = try settings.rates() } catch {
                return SettingsConflict("schedule", error)
            }
            return nil
        },
        { settings in
            guard let rates = try? settings.rates(), let plateau = rates.plateau,
                settings.data.validation == nil
            else { return nil }
            return SettingsConflict(
                "schedule",
                "\(settings.schedule.name) watches \(plateau.metric.rawValue), but there are no validation data",
                advice: "give data.validation, as {fraction: 0.1}")
        },
        { settings in
            let rule = settings.optimizer.rule
            guard rule.requiresFullBatch, !settings.isFullBatch else { return nil }
            return SettingsConflict(
                "training.batch",
                "must be full beside optimizer \(rule.name), which compares the signs of gradients: mini-batches make noise of them"
            )
        },
        { settings in
            let rule = settings.optimizer.rule
            guard rule.requiresFullBatch, let rates = try? settings.rates(),
                rates.shape.name != ConstantShape.name || rates.warmup.isLong
            else { return nil }
            return SettingsConflict(
                "schedule",
                "must be left out beside optimizer \(rule.name), which sets the learning rate of every weight itself"
            )
        },
        { settings in
            let rule = settings.optimizer.rule
            guard let rates = try? settings.rates(), rates.movesMomentum, !rule.takesMomentum else {
                return nil
            }
            return SettingsConflict(
                "schedule", "moves the momentum, but optimizer \(rule.name) has none as it is set",
                advice:
                    "give it one, or leave out schedule.momentum (of one_cycle and cyclical: set cycle_momentum to false)"
            )
        },
        { settings in
            let rule = settings.optimizer.rule
            guard settings.effectiveRateSteps != nil, !(rule is any AdaptiveRule) else { return nil }
            return SettingsConflict(
                "logging.effective_rates",
                "must be left out beside optimizer \(rule.name), which has no rate for every single weight")
        },
        { settings in
            guard settings.choosesBatch else { return nil }
            if settings.growth != nil {
                return SettingsConflict(
                    "training.batch",
                    "must be a number beside batch_growth, which says how it goes on from there")
            }
            guard settings.shards != 1 else {
                return SettingsConflict(
                    "training.batch", "is auto, which measures the gradient noise scale by comparing shards",
                    advice: "set training.shards to 2 or more")
            }
            return nil
        },
        { settings in
            let growsByNoise = settings.growth?.trigger == .noise
            guard growsByNoise || settings.logsNoiseScale else { return nil }
            let key = growsByNoise ? "training.batch_growth" : "logging.noise_scale"
            guard settings.accumulate == 1, !settings.isDelayed else {
                return SettingsConflict(
                    key, "measures the gradient noise scale, in single mini-batches",
                    advice: "leave out training.accumulate and training.delayed")
            }
            guard settings.shards != 1 else {
                return SettingsConflict(
                    key, "measures the gradient noise scale, for which it compares shards",
                    advice: "set training.shards to 2 or more")
            }
            guard growsByNoise, let rates = try? settings.rates(), rates.unit == .step,
                rates.shape.name != ConstantShape.name
            else { return nil }
            return SettingsConflict(
                "schedule.by",
                "must be epoch beside batch_growth by noise: the number of steps is not known before")
        },
        { settings in
            guard settings.curvatureSteps != nil, settings.accumulate > 1 || settings.isDelayed else {
                return nil
            }
            return SettingsConflict(
                "logging.curvature",
                "is measured in single mini-batches, at the weights that their gradients change",
                advice: "leave out training.accumulate and training.delayed, or the curvature")
        },
        { settings in
            guard let name = settings.watched, name.hasPrefix("validation_"), settings.data.validation == nil
            else { return nil }
            return SettingsConflict(
                settings.earlyStopping == nil ? "training.watch" : "training.early_stopping",
                "watches \(name), but there is no validation data", advice: "set data.validation")
        },
    ]
}
