/// The names that metrics.jsonl and similar sinks use for the numbers of events, in one place.
extension RunEvent {
    /// A field of a line in metrics.jsonl.
    public struct Field: Sendable, Equatable {
        public let name: String
        public let value: Value
    }

    /// The value of a field.
    public enum Value: Sendable, Equatable {
        case text(String)
        case count(Int)
        case number(Double)
        case numbers([Double])
        case counts([[Int]])
        case named([NamedNumber])
    }

    /// The event's name in metrics.jsonl; nil for an event that is not written there.
    public var kind: String? {
        switch self {
        case .batch: "batch"
        case .step: "step"
        case .gradients: "gradients"
        case .epoch: "epoch"
        case .evaluation: "evaluation"
        case .diverged: "diverged"
        case .plateau(let plateau): plateau.escape == nil ? "plateau" : "escape"
        case .end: "end"
        case .start, .progress, .histograms, .results, .note, .message: nil
        }
    }

    /// The fields after "event", in order; empty for an event that metrics.jsonl does not hold.
    public var fields: [Field] {
        var list = FieldList()
        switch self {
        case .batch(let choice):
            list.add("batch", choice.batch)
            list.add("batch_limit", .text(choice.limit.rawValue))
            list.add("noise_scale", choice.noiseScale)
            list.add("measured_examples", choice.measuredExamples)
            list.add("needed_bytes", choice.neededBytes)
            list.add("memory_bytes", choice.memoryBytes)
        case .step(let step):
            list.add("step", step.step)
            list.add("epoch", step.epoch)
            list.add("loss", step.loss)
            list.add("lr", step.learningRate)
            list.add("gradient_norm", step.gradientNorm)
            list.add("clip_ratio", step.clipRatio)
            list.add("noise_scale", step.noiseScale)
            list.add("gradient_norm_squared_unbiased", step.squaredGradientNorm)
            list.add("lambda_max", step.curvature?.lambdaMax)
            list.add("gradient_curvature", step.curvature?.gradientCurvature)
            list.add("gradient_over_rate", step.curvature?.gradientOverRate)
            list.add("norm_test", step.curvature?.normTest)
            list.add("inner_product_test", step.curvature?.innerProductTest)
            list.add("gradient_snr", step.curvature?.gradientSNR)
            list.add("radius", step.newton?.radius)
            list.add("products", step.newton?.products)
            list.add("negative_curvature", step.newton?.negativeCurvature)
            list.add("effective_rate_min", step.effectiveRates?.minimum)
            list.add("effective_rate_mean", step.effectiveRates?.mean)
            list.add("effective_rate_max", step.effectiveRates?.maximum)
            list.add("covariate_shift_mean", step.meanCovariateShift)
            list.add(skipped: step.skippedSteps)
            if !step.gradientNorms.isEmpty { list.add("gradient_norms", .named(step.gradientNorms)) }
            if !step.covariateShift.isEmpty { list.add("covariate_shift", .named(step.covariateShift)) }
            list.add(step.pace)
        case .gradients(let gradients):
            list.add("step", gradients.step)
            list.add("parameter", .text(gradients.parameter))
            list.add("finding", .text(gradients.finding.rawValue))
            list.add("rms", gradients.rootMeanSquare)
        case .epoch(let epoch):
            list.add("epoch", epoch.epoch)
            list.add("step", epoch.step)
            list.addNumbers(of: epoch)
        case .evaluation(let evaluation):
            list.add("step", evaluation.step)
            list.add("epoch", evaluation.epoch)
            list.addNumbers(of: evaluation)
        case .diverged(let diverged):
            list.add("step", diverged.step)
            list.add("epoch", diverged.epoch)
            list.add("reason", .text(diverged.reason))
            list.add(diverged.pace)
        case .plateau(let plateau):
            list.add("step", plateau.step)
            list.add("epoch", plateau.epoch)
            list.add("verdict", .text(plateau.verdict.rawValue))
            list.add("loss", plateau.loss)
            list.add("loss_after", plateau.escape?.loss)
            list.add("lambda_min", plateau.escape?.curvature)
        case .end(let end):
            list.add("steps", end.steps)
            list.add("epoch", end.epoch)
            list.add("best_epoch", end.bestEpoch)
            list.add("best_step", end.bestStep)
            list.add("best_value", end.bestValue)
            list.add("restored_epoch", end.restoredEpoch)
            list.add("restored_step", end.restoredStep)
            list.add(skipped: end.skippedSteps)
            if let limit = end.stopped { list.add("stopped", .text(limit.rawValue)) }
            list.add(end.evaluations, withDetails: true)
            list.add(end.pace)
        case .start, .progress, .histograms, .results, .note, .message: break
        }
        return list.fields
    }

    /// The name of the loss over the training set, which `evaluation.train` asks for, of the same weights as the test
    /// loss.
    package static let evaluatedTrainingLoss = "train_eval_loss"

    /// The fields that are single finite numbers.
    public var numbers: [NamedNumber] {
        fields.compactMap { field in
            switch field.value {
            case .count(let count): NamedNumber(name: field.name, value: Double(count))
            case .number(let number) where number.isFinite: NamedNumber(name: field.name, value: number)
            default: nil
            }
        }
    }
}

/// Collects fields; nil values are left out.
private struct FieldList {
    var fields: [RunEvent.Field] = []

    mutating func add(_ name: String, _ value: RunEvent.Value) {
        fields.append(RunEvent.Field(name: name, value: value))
    }

    mutating func add(_ name: String, _ value: Int?) {
        if let value { add(name, .count(value)) }
    }

    mutating func add(_ name: String, _ value: Double?) {
        if let value { add(name, .number(value)) }
    }

    mutating func add(skipped steps: Int) {
        if steps > 0 { add("skipped_steps", steps) }
    }

    /// Everything but where it was.
    mutating func addNumbers(of epoch: RunEvent.Epoch) {
        add("train_loss", epoch.trainingLoss)
        add(epoch.evaluations, withDetails: false)
        add("lr", epoch.learningRate)
        add("batch", epoch.batch)
        add(skipped: epoch.skippedSteps)
        add(epoch.pace)
    }

    mutating func add(_ pace: RunEvent.Pace) {
        add("samples_per_second", pace.samplesPerSecond)
        add("seconds", pace.seconds)
    }

    mutating func add(_ evaluations: RunEvent.Evaluations, withDetails: Bool) {
        // Plain train_loss is the mean over an epoch's steps.
        for number in evaluations.training?.numbers ?? [] {
            add(number.name == "loss" ? RunEvent.evaluatedTrainingLoss : "train_" + number.name, number.value)
        }
        for (prefix, evaluation) in [
            ("validation_", evaluations.validation), ("test_", evaluations.test),
        ] {
            for number in evaluation?.numbers ?? [] { add(prefix + number.name, number.value) }
            for detail in evaluation?.details ?? [] where withDetails {
                fields.append(detail.field(prefix: prefix))
            }
        }
        add("evaluation_samples_per_second", evaluations.samplesPerSecond)
    }
}

extension RunEvent.Evaluation.Detail {
    /// The field for numbers by class.
    func field(prefix: String) -> RunEvent.Field {
        switch self {
        case .perClass(let name, let values):
            RunEvent.Field(name: "\(prefix)\(name)_per_class", value: .numbers(values))
        case .confusion(let rows): RunEvent.Field(name: prefix + "confusion_matrix", value: .counts(rows))
        }
    }
}
