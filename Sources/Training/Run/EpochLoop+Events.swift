import DataParallel
import Messages

/// What the loop tells of steps and evaluations.
extension EpochLoop {
    /// The numbers of a step.
    ///
    /// - Parameter shift: How far it moved what layers read, where that was measured.
    func event(of result: StepResult, _ shift: [NamedNumber]) -> RunEvent.Step {
        let rate = policy.learningRate(progress.step - 1)
        return RunEvent.Step(
            step: progress.step, epoch: progress.epoch + 1, loss: result.meanLoss,
            learningRate: policy.statedRate(progress.step - 1), gradientNorm: result.gradientNorm,
            clipRatio: result.clipRatio,
            noiseScale: policy.measuresNoise ? policy.state.noise.examples : nil,
            squaredGradientNorm: policy.measuresNoise ? policy.state.noise.unbiasedSquaredNorm : nil,
            curvature: result.curvature.map { found in
                RunEvent.Curvature(
                    lambdaMax: found.lambdaMax, gradientCurvature: found.gradientCurvature,
                    gradientOverRate: found.squaredNorm / rate, normTest: found.tests?.norm,
                    innerProductTest: found.tests?.innerProduct, gradientSNR: found.tests?.signalToNoise)
            },
            newton: result.newton.map { found in
                RunEvent.Newton(
                    radius: found.radius, products: found.products,
                    negativeCurvature: found.negativeCurvature)
            },
            effectiveRates: result.rates.map { found in
                RunEvent.EffectiveRates(
                    minimum: found.minimum, mean: found.mean, maximum: found.maximum)
            },
            skippedSteps: policy.state.skippedSteps,
            gradientNorms: settings.logsLayers
                ? result.layerNorms.map {
                    NamedNumber(name: run.model.variables[$0.variable].name, value: $0.norm)
                }
                : [],
            covariateShift: shift, pace: pace)
    }

    /// How far the run has come, of `steps` in the epoch under way.
    func howFar(_ result: StepResult, of steps: Int) -> RunEvent.Progress {
        RunEvent.Progress(
            epoch: progress.epoch + 1, fraction: Double(progress.batch) / Double(steps),
            step: progress.step, steps: plannedSteps, loss: result.meanLoss,
            learningRate: policy.statedRate(progress.step - 1), samplesPerSecond: pace.samplesPerSecond,
            remaining: remaining(isEpochEvaluated: false))
    }

    /// The numbers of an evaluation, at the end of the epoch under way or within it.
    func event(of evaluations: RunEvent.Evaluations, remaining: Double) -> RunEvent.Epoch {
        RunEvent.Epoch(
            epoch: progress.epoch + 1, step: progress.step, trainingLoss: progress.epochLoss,
            evaluations: evaluations, learningRate: policy.statedRate(progress.step - 1),
            batch: settings.growth == nil ? nil : policy.plan.batches[progress.epoch],
            skippedSteps: policy.state.skippedSteps, pace: pace, remaining: remaining)
    }
}
