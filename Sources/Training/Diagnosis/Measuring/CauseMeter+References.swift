import Cluster
import DataParallel
import Datasets
import Foundation
import Layers
import Optimizers

/// Reference models that are trained briefly: a linear one, a shallow one, a larger one, and the run's own anew.
extension CauseMeter {
    /// Trains the references for at most half of the run's steps, and compares labels with the best one's predictions;
    /// collective.
    func measureReferences() throws {
        guard let course, data.model.outputShape.count == 1 else { return }
        let steps = course.isDiverged ? options.causeSteps : min(options.causeSteps, course.fullSteps / 2)
        guard steps >= Self.fewestSteps else { return }
        let outputs = data.model.outputShape[0]
        let wide = max(64, min(512, Self.mostWeights / max(1, data.model.exampleShape.reduce(1, *))))
        let models: [(String, any Model)] = [
            ("a linear model", Sequential.mlp(hidden: [], classes: outputs)),
            (
                "a shallow model, one hidden layer of 64 units,",
                Sequential.mlp(hidden: [64], classes: outputs)
            ),
            (
                "a model with two hidden layers of \(wide) units",
                Sequential.mlp(hidden: [wide, wide], classes: outputs)
            ),
        ]
        measured.budget = Measurements.Budget(
            steps: steps, examples: fitted.count, measuredOn: held.count)
        work.expect(steps * (models.count + 1))
        var best = Double.infinity
        func take(_ description: String, _ model: TracedModel, isOwn: Bool = false) throws {
            let training = ScratchModel.Training(rule: try Adam(), batch: min(batch, 128))
            guard let scratch = try scratch(model, training) else { return }
            let first = cluster.rank == 0 ? model.initialValues(seed: settings.seed) : nil
            let isFinite = try scratch.train(from: first, steps: steps) { step in
                Self.rate * Double(steps - step) / Double(steps)
            }
            let found = try isFinite ? scratch.totalsWithPredictions() : nil
            if let found, found.totals.loss.isFinite {
                let loss = found.totals.loss
                measured.references.append(
                    Measurements.Reference(
                        description: description, isOwn: isOwn, parameters: scratch.parameters, loss: loss))
                if loss < best {
                    best = loss
                    measured.agreement = try agreement(found.rows)
                }
            }
            try scratch.free()
        }
        try take("the same model from new weights", data.model, isOwn: true)
        // Models of one row of outputs have nothing to say of positions.
        for (description, model) in models where data.model.positions.isEmpty {
            try take(
                description,
                TracedModel(
                    model, exampleShape: data.model.exampleShape, target: data.model.target,
                    loss: data.model.loss))
        }
    }

    /// Adam's rate at the first step, from where it falls to 0 in a straight line.
    private static let rate = 2e-3
    /// About the most weights of the larger model's first layer.
    private static let mostWeights = 4_000_000
    /// The fewest steps of a meaningful reference.
    private static let fewestSteps = 30

    /// Compares labels with a model's outputs for examples it was not trained on, on rank 0; nil without classes. Collective.
    private func agreement(_ rows: [Float]) throws -> Measurements.LabelAgreement? {
        guard let classes = measured.setup.classes, classes > 1, data.model.outputShape == [classes],
            let labels = data.training.dataset.examples.classes
        else { return nil }
        return try Agreement.fromRoot(cluster.world) {
            let answers = held.enumerated().map { place, row -> (margin: Float, isWrong: Bool) in
                let scores = rows[place * classes..<(place + 1) * classes]
                let order = scores.indices.sorted { (scores[$0], $1) > (scores[$1], $0) }
                let label = scores.startIndex + Int(labels[Int(row)])
                return (scores[order[0]] - scores[order[1]], order[0] != label)
            }
            let surest = answers.indices.sorted { (answers[$0].margin, $1) > (answers[$1].margin, $0) }
            func share(_ count: Int) -> Double {
                Double(surest.prefix(count).count { answers[$0].isWrong }) / Double(max(1, count))
            }
            var counts = Array(repeating: 0, count: classes)
            for row in held { counts[Int(labels[Int(row)])] += 1 }
            let half = share(answers.count / 2)
            return Measurements.LabelAgreement(
                examples: answers.count, all: share(answers.count), surestHalf: half,
                surestQuarter: share(answers.count / 4),
                mostFrequent: Double(counts.max() ?? 0) / Double(max(1, held.count)),
                explainedLoss: Self.crossEntropy(wrong: half, classes: classes))
        }
    }

    /// The least mean cross-entropy of labels of which a share is another class at random.
    private static func crossEntropy(wrong share: Double, classes: Int) -> Double {
        guard share > 0, share < 1 else { return 0 }
        return -(1 - share) * log(1 - share) - share * log(share / Double(classes - 1))
    }
}
