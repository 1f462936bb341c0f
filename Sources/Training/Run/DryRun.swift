import Cluster
import DataParallel
import Messages

/// Takes a single step of a run and writes nothing.
struct DryRun {
    let prepared: RunPreparation

    /// Takes the step and prints its loss and gradient norm; collective.
    func run() throws -> TrainingResult {
        let (settings, terminal) = (prepared.settings, prepared.terminal)
        if let terminal {
            for note in RunNotes(run: prepared).all { terminal.take(.note(note)) }
        }
        prepared.cluster.activity.begin(step: 1)
        let policy = RunPolicy(settings, prepared.rates, examples: prepared.data.training.count)
        let inputs = try EpochInputs(prepared, policy, RunProgress())
        let result = try prepared.replica.step(inputs.step(after: RunProgress(), policy, observes: .norm))
        try prepared.replica.flush()
        if let weights = prepared.initialWeights {
            terminal?.line("dtrain: starting from the weights of \(weights)")
        }
        let loss = result.meanLoss
        terminal?.line(
            "dry run: one step of \(counted(result.count, "example")), loss \(loss.plainText), "
                + "gradient norm \((result.gradientNorm ?? .nan).plainText); nothing was written")
        return TrainingResult(prepared, steps: 0, isFinished: false)
    }
}
