import DataParallel
import Datasets
import Layers
import Messages
import Spectrum

/// What a run does when its training loss no longer falls: see `PlateauEscape`.
extension TrainingRun {
    /// Notes the training loss of the epoch that ends, unless all of its steps were skipped.
    func notePlateau(trainingLoss loss: Double) {
        guard let rule = settings.onPlateau, position.epochExamples > 0 else { return }
        var plateau = position.lossPlateau ?? LossPlateau()
        plateau.observe(loss, by: rule)
        position.lossPlateau = plateau
    }

    /// Looks why the training loss no longer falls, where it does not, and leaves a saddle; collective, between epochs.
    func leavePlateau() throws {
        guard let rule = settings.onPlateau, var plateau = position.lossPlateau, plateau.isReached(by: rule),
            position.batch == 0, !isAtStepLimit
        else { return }
        try replica.flush()
        let past =
            "the training loss, \(ProgressReporter.fixed(plateau.best ?? .nan, 4)) at its lowest, has not fallen for \(counted(plateau.epochs, "epoch"))"
        plateau.lookAgain()
        var line = JSONLine()
        let diagnosis = try diagnoseWeights()
        if let diagnosis, diagnosis.verdict == .saddle, let descent = diagnosis.descent, descent.why == nil {
            try replica.restartOptimizer()
            plateau.startAnew(after: position.step - position.skippedSteps)
            // What it knows of gradients is of another place.
            position.monitor = GradientMonitor()
            begin(&line, "escape", diagnosis)
            line.add("loss_after", descent.loss)
            line.add("lambda_min", diagnosis.lambdaMin.value)
            reporter.line(
                "dtrain: note: \(past): the weights were at a saddle, and have left it along curvature \(VerdictRule.text(diagnosis.lambdaMin.value)), from loss \(VerdictRule.text(diagnosis.loss)) to \(VerdictRule.text(descent.loss)) over all training examples"
            )
        } else {
            begin(&line, "plateau", diagnosis)
            let why = diagnosis?.because ?? SpectrumError.notFinite.description
            reporter.line(
                "dtrain: note: \(past): \(verdict(diagnosis).rawValue) (\(why)), so training goes on as it was"
            )
        }
        position.lossPlateau = plateau
        log(line)
        cluster.activity.enter(.computing)
    }

    private func begin(_ line: inout JSONLine, _ event: String, _ diagnosis: Diagnosis?) {
        line.add("event", event)
        line.add("step", position.step)
        line.add("epoch", position.epoch)
        line.add("verdict", verdict(diagnosis).rawValue)
        line.add("loss", diagnosis?.loss)
    }

    private func verdict(_ diagnosis: Diagnosis?) -> Diagnosis.Verdict { diagnosis?.verdict ?? .undecided }

    /// What the loss over all training examples is like around the weights, which are moved if they are at a saddle; nil
    /// where its curvature is not finite. Collective.
    private func diagnoseWeights() throws -> Diagnosis? {
        let training = data.training
        var options = DiagnosisOptions()
        options.seed = settings.seed
        options.usesBatchStatistics = model.usesBatchStatistics
        options.escapes = true
        options.escapesSaddlesOnly = true
        let order =
            model.usesBatchStatistics
            ? order(ofEpoch: position.epoch)
            : Trainer.inOrder(
                training.dataset.examples.layout.count, training.rows, batch: plan.batches[position.epoch])
        let objective = DatasetObjective(
            order: order,
            maker: BatchMaker(
                examples: training.dataset.examples, scaling: data.scaling, kernels: cluster.kernels),
            shards: settings.shards, workers: settings.workers,
            dropoutKey: Trainer.dropoutKey(seed: options.seed),
            mode: TracedModel.ObjectiveMode(
                usesBatchStatistics: options.usesBatchStatistics, dropsOut: options.dropsOut))
        do {
            return try Diagnoser(
                cluster: cluster, state: replica.state, objective: objective, options: options,
                data: Trainer.DiagnosedData.train.rawValue, optimizer: settings.optimizer,
                rate: learningRate(position.step - 1)
            ).run()
        } catch is SpectrumError {
            // It comes of products, all of which are taken where the weights stand.
            return nil
        }
    }
}
