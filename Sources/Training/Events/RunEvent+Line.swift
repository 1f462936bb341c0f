import Foundation

/// Events as lines of metrics.jsonl.
extension RunEvent {
    /// The event's line; nil for an event that metrics.jsonl does not hold.
    var line: JSONLine? {
        guard let kind else { return nil }
        var line = JSONLine()
        line.add("event", kind)
        for field in fields { line.add(field) }
        return line
    }

    /// Reads a line of metrics.jsonl; nil if it is not one or is cut off. Numbers that were not finite are read as NaN.
    public init?(line: some StringProtocol) {
        guard let fields = FieldParser.fields(of: line) else { return nil }
        let read = Reading(fields: fields)
        guard let kind = read.text("event"), let event = Self.read(kind, read) else { return nil }
        self = event
    }

    private static func read(_ kind: String, _ read: Reading) -> RunEvent? {
        switch kind {
        case "batch":
            guard let batch = read.count("batch"),
                let limit = read.text("batch_limit").flatMap(BatchChoice.Limit.init(rawValue:))
            else { return nil }
            var choice = BatchChoice(batch: batch, limit: limit)
            choice.noiseScale = read.number("noise_scale")
            choice.measuredExamples = read.count("measured_examples") ?? 0
            choice.neededBytes = read.count("needed_bytes")
            choice.memoryBytes = read.count("memory_bytes")
            return .batch(choice)
        case "step":
            guard let step = read.count("step"), let epoch = read.count("epoch"),
                let loss = read.number("loss"), let pace = read.pace
            else { return nil }
            var event = Step(
                step: step, epoch: epoch, loss: loss, learningRate: read.number("lr"), pace: pace)
            event.gradientNorm = read.number("gradient_norm")
            event.clipRatio = read.number("clip_ratio")
            event.noiseScale = read.number("noise_scale")
            event.squaredGradientNorm = read.number("gradient_norm_squared_unbiased")
            if let lambda = read.number("lambda_max"), let curvature = read.number("gradient_curvature"),
                let overRate = read.number("gradient_over_rate")
            {
                event.curvature = Curvature(
                    lambdaMax: lambda, gradientCurvature: curvature, gradientOverRate: overRate,
                    normTest: read.number("norm_test"), innerProductTest: read.number("inner_product_test"),
                    gradientSNR: read.number("gradient_snr"))
            }
            if let products = read.count("products"), let curvature = read.number("negative_curvature") {
                event.newton = Newton(
                    radius: read.number("radius"), products: products, negativeCurvature: curvature)
            }
            if let least = read.number("effective_rate_min"), let mean = read.number("effective_rate_mean"),
                let greatest = read.number("effective_rate_max")
            {
                event.effectiveRates = EffectiveRates(minimum: least, mean: mean, maximum: greatest)
            }
            event.skippedSteps = read.count("skipped_steps") ?? 0
            if case .named(let norms)? = read["gradient_norms"] { event.gradientNorms = norms }
            if case .named(let shifts)? = read["covariate_shift"] { event.covariateShift = shifts }
            return .step(event)
        case "gradients":
            guard let step = read.count("step"), let parameter = read.text("parameter"),
                let finding = read.text("finding").flatMap(GradientTrouble.init(rawValue:)),
                let size = read.number("rms")
            else { return nil }
            return .gradients(
                Gradients(step: step, parameter: parameter, finding: finding, rootMeanSquare: size))
        case "epoch", "evaluation":
            guard let epoch = read.count("epoch"), let step = read.count("step"),
                let loss = read.number("train_loss"), let pace = read.pace
            else { return nil }
            let event = Epoch(
                epoch: epoch, step: step, trainingLoss: loss, evaluations: read.evaluations,
                learningRate: read.number("lr"), batch: read.count("batch"),
                skippedSteps: read.count("skipped_steps") ?? 0, pace: pace)
            return kind == "epoch" ? .epoch(event) : .evaluation(event)
        case "plateau", "escape":
            guard let step = read.count("step"), let epoch = read.count("epoch"),
                let verdict = read.text("verdict").flatMap(Diagnosis.Verdict.init(rawValue:))
            else { return nil }
            var event = Plateau(step: step, epoch: epoch, verdict: verdict, loss: read.number("loss"))
            if kind == "escape" {
                guard let loss = read.number("loss_after"), let curvature = read.number("lambda_min")
                else { return nil }
                event.escape = Escape(loss: loss, curvature: curvature)
            }
            return .plateau(event)
        case "diverged":
            guard let step = read.count("step"), let epoch = read.count("epoch"),
                let reason = read.text("reason"), let pace = read.pace
            else { return nil }
            return .diverged(Diverged(step: step, epoch: epoch, reason: reason, pace: pace))
        case "end":
            guard let steps = read.count("steps"), let epoch = read.count("epoch"), let pace = read.pace
            else { return nil }
            return .end(
                End(
                    steps: steps, epoch: epoch, bestEpoch: read.count("best_epoch"),
                    bestStep: read.count("best_step"), bestValue: read.number("best_value"),
                    restoredEpoch: read.count("restored_epoch"), restoredStep: read.count("restored_step"),
                    skippedSteps: read.count("skipped_steps") ?? 0,
                    stopped: read.text("stopped").flatMap(Limit.init(rawValue:)),
                    evaluations: read.evaluations, pace: pace))
        default: return nil
        }
    }
}

/// The fields of a line, by name.
private struct Reading {
    let fields: [RunEvent.Field]

    subscript(_ name: String) -> RunEvent.Value? { fields.first { $0.name == name }?.value }

    func text(_ name: String) -> String? {
        if case .text(let text)? = self[name] { text } else { nil }
    }

    func count(_ name: String) -> Int? {
        if case .count(let count)? = self[name] { count } else { nil }
    }

    func number(_ name: String) -> Double? {
        switch self[name] {
        case .number(let number)?: number
        case .count(let count)?: Double(count)
        default: nil
        }
    }

    var pace: RunEvent.Pace? {
        guard let speed = number("samples_per_second"), let seconds = number("seconds") else { return nil }
        return RunEvent.Pace(samplesPerSecond: speed, seconds: seconds)
    }

    var evaluations: RunEvent.Evaluations {
        RunEvent.Evaluations(
            training: evaluation("train_"), validation: evaluation("validation_"), test: evaluation("test_"),
            samplesPerSecond: number("evaluation_samples_per_second"))
    }

    private func evaluation(_ prefix: String) -> RunEvent.Evaluation? {
        var numbers: [NamedNumber] = []
        var details: [RunEvent.Evaluation.Detail] = []
        // Plain train_loss is the mean over an epoch's steps.
        for field in fields where field.name.hasPrefix(prefix) && field.name != "train_loss" {
            let name =
                field.name == RunEvent.evaluatedTrainingLoss ? "loss" : field.name.dropFirst(prefix.count)
            switch field.value {
            case .number(let value): numbers.append(NamedNumber(name: String(name), value: value))
            case .numbers(let values) where name.hasSuffix("_per_class"):
                details.append(.perClass(name: String(name.dropLast("_per_class".count)), values: values))
            case .counts(let rows): details.append(.confusion(rows))
            default: break
            }
        }
        return numbers.isEmpty ? nil : RunEvent.Evaluation(numbers: numbers, details: details)
    }
}
