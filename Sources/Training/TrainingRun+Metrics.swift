import DataParallel
import Foundation
import Layers
import Messages

/// What a run says of itself: lines of metrics, and lines for a person.
extension TrainingRun {
    /// Training examples a second, steps alone.
    var samplesPerSecond: Double {
        trainingSeconds > 0 ? Double(trainedExamples) / trainingSeconds : 0
    }
    /// Seconds since the start.
    var elapsed: Double { ProcessInfo.processInfo.systemUptime - start }

    /// Appends a step to the metrics.
    func logStep(_ result: StepResult) {
        var line = JSONLine()
        line.add("event", "step")
        line.add("step", position.step)
        line.add("epoch", position.epoch + 1)
        line.add("loss", result.lossSum / Double(result.count))
        line.add("lr", learningRate(position.step - 1))
        line.add("gradient_norm", result.gradientNorm)
        line.add("clip_ratio", result.clipRatio)
        if measuresNoise { line.add("noise_scale", position.noise.examples) }
        if let curvature = result.curvature { add(curvature, to: &line) }
        if position.skippedSteps > 0 { line.add("skipped_steps", position.skippedSteps) }
        if settings.logsLayers, !result.layerNorms.isEmpty {
            line.add(
                "gradient_norms",
                result.layerNorms.map { (model.variables[$0.variable].name, $0.norm) })
        }
        line.add("samples_per_second", samplesPerSecond)
        line.add("seconds", elapsed)
        log(line)
    }

    /// Adds what a step found of the loss's curvature: `lambda_max`, the largest eigenvalue of the mini-batch's Hessian H;
    /// `gradient_curvature`, gᵀHg; `gradient_over_rate`, gᵀg/η; and, of two or more shards, `norm_test`,
    /// `inner_product_test` and `gradient_snr` as `BatchSizeTest` has them.
    ///
    /// By the quadratic model the plain step −ηg overshoots the best one along −g where gᵀHg is above gᵀg/η, and raises the
    /// loss where it is above 2gᵀg/η (Goodfellow, Bengio and Courville, "Deep Learning", 2016, section 8.2.1).
    private func add(_ curvature: StepCurvature, to line: inout JSONLine) {
        line.add("lambda_max", curvature.lambdaMax)
        line.add("gradient_curvature", curvature.gradientCurvature)
        line.add("gradient_over_rate", curvature.squaredNorm / learningRate(position.step - 1))
        guard let tests = curvature.tests else { return }
        line.add("norm_test", tests.norm)
        line.add("inner_product_test", tests.innerProduct)
        line.add("gradient_snr", tests.signalToNoise)
    }

    /// Names the parameters whose gradients vanish or explode. Biases do not count: in front of a normalization theirs
    /// are 0 by nature.
    func monitor(_ result: StepResult) {
        guard !result.layerNorms.isEmpty else { return }
        let findings = position.monitor.look(
            result.layerNorms.filter { model.variables[$0.variable].role != .bias }.map { variable, norm in
                let description = model.variables[variable]
                return (description.name, description.shape.reduce(1, *), norm)
            })
        for finding in findings {
            var line = JSONLine()
            line.add("event", "gradients")
            line.add("step", position.step)
            line.add("parameter", finding.parameter)
            line.add("finding", finding.kind.rawValue)
            line.add("rms", finding.rootMeanSquare)
            log(line)
            reporter.line(
                "dtrain: note: the gradient of \(finding.parameter) is \(finding.kind.rawValue) at step \(position.step): root mean square \(ProgressReporter.significant(finding.rootMeanSquare, 2))"
            )
        }
    }

    /// Shows a step on a terminal.
    func drawBar(_ result: StepResult) {
        guard cluster.rank == 0 else { return }
        reporter.bar(
            epoch: position.epoch + 1, epochs: settings.epochs,
            fraction: Double(position.batch) / Double(plan.steps(ofEpoch: position.epoch)),
            loss: result.lossSum / Double(result.count),
            samplesPerSecond: samplesPerSecond,
            remaining: Double(plan.totalSteps - position.step) * trainingSeconds / Double(max(1, stepsTaken)))
    }

    /// Adds an evaluation's numbers to a line of metrics; details are those of each class.
    static func add(_ evaluated: Evaluated, to line: inout JSONLine, withDetails: Bool = false) {
        // The training loss of an epoch is that of its steps.
        if let training = evaluated.training { line.add(training, prefix: "train_", withLoss: false) }
        for (prefix, totals) in [("validation_", evaluated.validation), ("test_", evaluated.test)] {
            guard let totals else { continue }
            line.add(totals, prefix: prefix)
            if withDetails { line.addDetails(totals, prefix: prefix) }
        }
        line.add("evaluation_samples_per_second", evaluated.samplesPerSecond)
    }

    /// An evaluation in words.
    static func describe(_ evaluated: Evaluated) -> String {
        (evaluated.validation.map { "  validation" + describe($0) } ?? "")
            + (evaluated.test.map { "  test" + describe($0) } ?? "")
    }

    /// Loss and metrics in words.
    static func describe(_ totals: Evaluator.Totals, withLoss: Bool = true) -> String {
        totals.numbers.filter { withLoss || $0.name != Metric.loss.name }
            .map { " \($0.name) \(ProgressReporter.fixed($0.value, 4))" }.joined()
    }

    /// Says at the end of a run what was evaluated: of each set the numbers, then what was asked for of each class.
    func reportEvaluation(_ evaluated: Evaluated) {
        for (name, totals) in [
            ("train", evaluated.training), ("validation", evaluated.validation), ("test", evaluated.test),
        ] {
            guard let totals else { continue }
            reporter.line(name + Self.describe(totals))
            let classes = totals.classes?.present.count ?? 0
            guard classes <= Self.mostClasses else {
                reporter.line("\(name): the numbers of \(counted(classes, "class")) stand in the metrics")
                continue
            }
            let report = EvaluationReport(totals, data: name, classNames: data.inputs.classNames)
            for table in report.details(title: name) { reporter.line(table) }
        }
    }

    /// More classes than this are no table for a terminal.
    private static let mostClasses = 50

    /// Says which weights a run starts from, where they were named and nothing has been taken over since.
    func sayInitialWeights() {
        guard position.step == 0, let initialWeights else { return }
        reporter.line("dtrain: starting from the weights of \(initialWeights)")
    }

    /// Says what is about to run, and what slows it down.
    func announce() {
        let parameters = model.variables.filter(\.isTrainable).map { $0.shape.reduce(1, *) }.reduce(0, +)
        let workers = settings.workers ?? cluster.defaultWorkers
        reporter.line(
            "dtrain: \(ProgressReporter.number(Double(data.training.count))) examples, "
                + "\(ProgressReporter.number(Double(parameters))) parameters, \(counted(cluster.size, "rank")) x \(counted(workers, "worker")), "
                + "\(counted(settings.shards, "shard")), \(cluster.instructionSet.rawValue)")
        sayInitialWeights()
        if cluster.detectedInstructionSet != cluster.instructionSet {
            reporter.line(
                "dtrain: note: all ranks run \(cluster.instructionSet.rawValue), the lowest set among them or the one set"
            )
        }
        if let note = cluster.spareWorkers(settings.workers, shards: settings.shards) {
            reporter.line("dtrain: note: \(note)")
        }
        if settings.shards % cluster.size != 0 {
            let most = (settings.shards + cluster.size - 1) / cluster.size
            reporter.line(
                "dtrain: note: \(cluster.size) ranks do not divide \(settings.shards) shards: speed is that of \(most) shards per rank"
            )
        }
    }
}
