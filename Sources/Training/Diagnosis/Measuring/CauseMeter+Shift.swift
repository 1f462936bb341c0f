import DataParallel
import Datasets
import Layers
import Optimizers

/// Whether training and test inputs can be told apart.
extension CauseMeter {
    /// Trains a classifier on one half of inputs of both sets and asks it about the other, and the other way round;
    /// collective.
    func measureShift() throws {
        guard let other = data.test ?? data.validation else { return }
        let width = data.training.dataset.examples.layout.width
        let most = min(Self.mostInputs, Self.mostElements / (2 * width))
        let count = min(most, data.training.count, other.count)
        guard count >= Overfitting.fewest else { return }
        let inputs = try inputs(count, other)
        let examples = inputs.examples
        let maker = BatchMaker(
            examples: examples, scaling: FeatureScaling(.standardize, FeatureStatistics(examples)),
            kernels: cluster.kernels)
        let model = try TracedModel(
            Sequential.mlp(hidden: [64], classes: 2), exampleShape: data.model.exampleShape,
            target: .classes(2), loss: .crossEntropy)
        let halves = (0..<2).map { half in (0..<Int32(2 * count)).filter { ($0 / 2) % 2 == half } }
        let steps = options.causeSteps
        work.expect(2 * steps)
        var correct = 0.0
        for half in 0..<2 {
            let training = ScratchModel.Training(
                rule: try Adam(), batch: min(64, halves[half].count))
            let scratch = try ScratchModel(
                model,
                ScratchModel.Examples(maker: maker, fitted: halves[half], held: halves[1 - half]),
                training, settings, on: cluster, work)
            let first = cluster.rank == 0 ? model.initialValues(seed: settings.seed) : nil
            _ = try scratch.train(from: first, steps: steps) { step in
                1e-3 * Double(steps - step) / Double(steps)
            }
            correct += try scratch.totals().correct ?? 0
            try scratch.free()
        }
        measured.samples = Measurements.TwoSamples(
            accuracy: correct / Double(2 * count), examples: 2 * count)
    }

    /// Inputs of each set, and numbers of all of them together, at most.
    private static let mostInputs = 1024
    private static let mostElements = 16_000_000

    /// Inputs of both sets as the model sees them, a training input and one of the other set in turn, with their set as the
    /// label.
    private func inputs(_ count: Int, _ other: PreparedData.Part) throws -> Dataset {
        let layout = data.training.dataset.examples.layout
        let width = layout.width
        var features = Array(repeating: Float(0), count: 2 * count * width)
        for (place, part) in [data.training, other].enumerated() {
            let rows = CauseData.sample(part, count, seed: options.seed)
            let maker = data.maker(part, cluster)
            // The maker writes targets too, which are not used.
            var one = Array(repeating: Float(0), count: width)
            var index = Int64(0)
            for (number, row) in rows.enumerated() {
                one.withUnsafeMutableBufferPointer { buffer in
                    guard let base = buffer.baseAddress else { return }
                    maker.make(rows: [row][...], features: base, indices: &index)
                }
                let start = (2 * number + place) * width
                features.replaceSubrange(start..<start + width, with: one)
            }
        }
        let labels = (0..<Int32(2 * count)).map { $0 % 2 }
        return try Dataset(
            name: "inputs of both sets", features: features, exampleShape: layout.exampleShape,
            labels: .classes(labels, count: 2))
    }
}
