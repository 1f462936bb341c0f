import Cluster
import DataParallel
import Datasets
import Layers
import Optimizers

/// Gradients by layer, the growth of signals, and units that are dead.
extension CauseMeter {
    /// Measures all of these at the weights and at the run's first weights; collective.
    func measureSignals() throws {
        if hasWeights {
            measured.rectifiers = try rectifiers(at: weights)
            if DeadUnits.hasDeadLayer(measured.rectifiers), knowsFirstWeights {
                measured.firstRectifiers = try rectifiers(at: firstWeights)
            }
        } else if knowsFirstWeights {
            measured.firstRectifiers = try rectifiers(at: firstWeights)
        }
        let training = ScratchModel.Training(rule: try SGD(), batch: batch)
        guard let model = try scratch(data.model, training) else { return }
        work.expect((hasWeights ? 1 : 0) * Self.looks + (knowsFirstWeights ? Self.looks : 0))
        if hasWeights { measured.layers = try gradients(model, at: weights) }
        if knowsFirstWeights {
            let first = firstWeights
            measured.firstLayers = try gradients(model, at: first)
            measured.growth = try growth(at: first)
        }
        try model.free()
    }

    /// The number of mini-batches, at a rate of 0, whose gradients are measured.
    private static let looks = 4

    /// The gradients of the weights, from the input on: root mean squares over some mini-batches. Collective.
    private func gradients(
        _ model: ScratchModel, at values: [[Float]]?
    ) throws -> [Measurements.LayerGradient] {
        let variables = data.model.variables
        var squares = Array(repeating: 0.0, count: variables.count)
        let isFinite = try model.train(
            from: values, steps: Self.looks, observes: .layers, rate: { _ in 0 },
            read: { result in
                for (variable, norm) in result.layerNorms { squares[variable] += norm * norm }
            })
        guard isFinite else { return [] }
        return try Agreement.fromRoot(cluster.world) { () -> [Measurements.LayerGradient] in
            guard let values else { throw FailedElsewhere() }
            return variables.indices.compactMap { place in
                let variable = variables[place]
                guard variable.isTrainable, variable.role == .weight, variable.shape.count > 1 else {
                    return nil
                }
                let size = values[place].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
                let norm = (squares[place] / Double(Self.looks)).squareRoot()
                guard size > 0, norm.isFinite, size.isFinite else { return nil }
                return Measurements.LayerGradient(name: variable.name, relative: norm / size)
            }
        }
    }

    /// The growth of signals over all layers with weights; nil where there are few, or batch norm keeps it in bounds in
    /// training and not in evaluation. Collective.
    private func growth(at values: [[Float]]?) throws -> Measurements.Growth? {
        let signals = data.model.signals(.weighted)
        guard signals.count >= VanishingGradients.fewest, !data.model.usesBatchStatistics,
            let first = signals.first, let last = signals.last
        else { return nil }
        let powers = try [first, last].map { signal in
            let rows = try read(values, Evaluator.Reading(powerOf: signal, in: data.model))
            return rows.reduce(0.0) { $0 + Double($1) }
        }
        return try Agreement.fromRoot(cluster.world) { () -> [Measurements.Growth] in
            guard powers[0] > 0, powers[0].isFinite else { return [] }
            let ratio = (powers[1] / powers[0]).squareRoot()
            return [
                Measurements.Growth(
                    first: first.parameter ?? "the first layer", last: last.parameter ?? "the last layer",
                    layers: signals.count, ratio: ratio.isFinite ? ratio : .greatestFiniteMagnitude)
            ]
        }.first
    }

    /// How many units of each layer of ReLUs give 0 for every example of the sample; collective.
    private func rectifiers(at values: [[Float]]?) throws -> [Measurements.Rectifiers] {
        var found: [Measurements.Rectifiers] = []
        let model = data.model
        for signal in model.signals(.rectified).prefix(Self.mostLayers) {
            let rows = try read(values, Evaluator.Reading(unitsOf: signal, in: model))
            found += try Agreement.fromRoot(cluster.world) { () -> [Measurements.Rectifiers] in
                var lives = Array(repeating: false, count: signal.width)
                for (place, value) in rows.enumerated() where !(value <= 0) {
                    lives[place % signal.width] = true
                }
                return [
                    Measurements.Rectifiers(
                        parameter: signal.parameter, units: signal.width,
                        dead: lives.count { !$0 })
                ]
            }
        }
        return found
    }

    /// The most layers of ReLUs that are examined.
    private static let mostLayers = 64
    /// The most examples for which signals are read.
    private static let mostSignals = 1024

    /// A value inside the model of each example of a sample, on rank 0, row by row; collective.
    private func read(_ values: [[Float]]?, _ reading: Evaluator.Reading) throws -> [Float] {
        let state = try ModelState(cluster: cluster, model: data.model)
        try state.set(values)
        let part = data.training
        let rows = (fitted + held).prefix(Self.mostSignals).sorted()
        let evaluator = try Evaluator(
            cluster: cluster, state: state,
            order: EpochOrder(inOrder: part.dataset.examples.layout.count, subset: rows, batchSize: 512),
            maker: data.maker(part, cluster), shards: settings.shardCount, workers: settings.workers,
            reading: reading, precision: settings.precision)
        var all: [Float] = []
        try evaluator.predictions { all += $0 }
        try state.free()
        return all
    }
}
