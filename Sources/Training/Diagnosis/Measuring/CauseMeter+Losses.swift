import DataParallel
import Datasets
import Layers

/// Losses of the sets at the weights, and the scales of features.
extension CauseMeter {
    /// Evaluates samples of the sets, and the best constant answer to the training examples; collective.
    func measureLosses() throws {
        let state = try ModelState(cluster: cluster, model: data.model)
        try state.set(weights)
        let rows = (fitted + held).sorted()
        let training = try evaluator(state, of: data.training, rows: rows).totals()
        func other(_ part: PreparedData.Part?) throws -> Evaluator.Totals? {
            try part.map {
                try evaluator(
                    state, of: $0,
                    rows: CauseData.sample($0, options.causeExamples, seed: options.seed).sorted()
                ).totals()
            }
        }
        let test = try other(data.test)
        let validation = try other(data.validation)
        try state.free()
        let shown = test ?? validation
        measured.losses = Measurements.Losses(
            training: training.loss, examples: rows.count,
            test: shown?.loss, testExamples: shown?.count ?? 0,
            testName: test == nil ? "validation" : "test", validation: validation?.loss,
            trainingAccuracy: training.accuracy, testAccuracy: shown?.accuracy)
    }

    /// The mean loss of the best constant answer to these training examples; collective.
    func constantLoss() throws -> Double {
        let shape = data.model.outputShape
        let rows = (fitted + held).sorted()
        let model = try TracedModel(
            ConstantAnswer(shape: shape), exampleShape: data.model.exampleShape,
            exampleElement: data.model.exampleElement, hasLengths: data.model.hasLengths,
            target: data.model.target, labelShape: data.model.positions, loss: data.model.loss)
        let state = try ModelState(cluster: cluster, model: model)
        let answers = ConstantAnswer.candidates(
            data.training.dataset.examples, rows: rows, for: data.model)
        let evaluator = try evaluator(state, of: data.training, rows: rows)
        var best = Double.infinity
        for answer in answers {
            try state.set([answer])
            let loss = try evaluator.totals().loss
            if loss < best { best = loss }
        }
        try state.free()
        return best
    }

    /// The ranges of features as the model sees them, over the sample; each channel of an image is one.
    func measureScales() throws {
        let examples = data.training.dataset.examples
        guard !data.scaling.whitens else { return }
        let statistics = FeatureStatistics(examples, rows: (fitted + held).sorted())
        let names = examples.layout.inputNames
        let features = statistics.mean.indices.filter { !statistics.isConstant($0) }.map { place in
            let range =
                (statistics.maximum[place] - statistics.minimum[place]) * abs(data.scaling.factor[place])
            let name = names.flatMap { $0.count == statistics.mean.count ? "\"\($0[place])\"" : nil }
            return Measurements.Scales.Feature(name: name ?? "feature \(place)", range: range)
        }.filter { $0.range > 0 && $0.range.isFinite }
        guard features.count > 1, let largest = features.max(by: { $0.range < $1.range }) else { return }
        let sorted = features.sorted { $0.range < $1.range }
        // Of many features some may be all but constant, as the pixels at an image's edge are, and do no harm.
        let small = sorted[features.count > Self.fewFeatures ? (features.count - 1) / 4 : 0]
        measured.scales = Measurements.Scales(largest: largest, small: small, count: features.count)
    }

    /// The most features of which the narrowest is compared with the widest; of more, it is the one at the lower
    /// quartile.
    private static let fewFeatures = 64
}
