import CKernels
import Cluster
import Datasets
import Layers
import Optimizers
import Options
import ReplicaSupport
import Runtime
import Testing

@testable import DataParallel

/// The curvature of steps' mini-batches against Hessians that are known, and that measuring it changes nothing.
@Suite(.serialized) struct CurvatureMeterTests {
    private static let shards = 4

    // MARK: Linear regression

    /// Rows (24, 5) and targets of a plane with noise.
    private static let rows: [[Float]] = (0..<24).map { row in
        (0..<5).map { column in
            let mixed: Int = row * 7919 + column * 104_729 + 13
            return Float(mixed % 211 - 105) / 60
        }
    }
    private static let targets: [Float] = (0..<24).map { Float($0 * 37 % 17) / 5 - 1 }

    private static func regression(measures: Bool = true) throws -> ReplicaHarness {
        try ReplicaHarness(
            Linear(1),
            data: Dataset(
                name: "plane", features: rows.flatMap { $0 }, exampleShape: [5],
                labels: .targets(targets, width: 1)), loss: .meanSquaredError, rule: SGD(momentum: 0.9),
            batch: 24, shards: shards
        ) { $0.measuresCurvature = measures }
    }

    /// 2/n Xᵀ(Xθ − t) of rows with a 1 behind them.
    private static func gradient(_ range: Range<Int>, at weights: [Double]) -> [Double] {
        var sum = Array(repeating: 0.0, count: 6)
        for row in range {
            let x = rows[row].map(Double.init) + [1]
            let residual = zip(x, weights).reduce(-Double(targets[row])) { $0 + $1.0 * $1.1 }
            for place in 0..<6 { sum[place] += 2 * residual * x[place] / Double(range.count) }
        }
        return sum
    }

    /// 2/n XᵀX v.
    private static func product(_ range: Range<Int>, _ vector: [Double]) -> [Double] {
        var sum = Array(repeating: 0.0, count: 6)
        for row in range {
            let x = rows[row].map(Double.init) + [1]
            let along = dot(x, vector)
            for place in 0..<6 { sum[place] += 2 * along * x[place] / Double(range.count) }
        }
        return sum
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double {
        zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }

    private static func isClose(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
        abs(a - b) <= tolerance * abs(b)
    }

    @Test(arguments: [0..<24, 1..<23, 5..<8])
    func ofLinearRegression(_ range: Range<Int>) throws {
        let harness = try Self.regression()
        let weights = harness.values.joined().map(Double.init)
        let result = try harness.step([range], observes: [.norm, .curvature])
        let found = try #require(result.curvature)
        let gradient = Self.gradient(range, at: weights)
        let square = Self.dot(gradient, gradient)
        #expect(Self.isClose(found.squaredNorm, square, 1e-5))
        #expect(
            result.gradientNorm.map { $0 * $0 }.map { Self.isClose($0, found.squaredNorm, 1e-12) } == true)
        #expect(
            Self.isClose(found.gradientCurvature, Self.dot(gradient, Self.product(range, gradient)), 1e-5))
        var vector = [1.0, 1, 1, 1, 1, 1]
        var largest = 0.0
        for _ in 0..<2000 {
            let image = Self.product(range, vector)
            largest = Self.dot(image, image).squareRoot()
            vector = image.map { $0 / largest }
        }
        #expect(Self.isClose(found.lambdaMax, largest, 0.01), "\(found.lambdaMax), \(largest)")

        // Shards' gradients one by one; of three examples one shard has none.
        let count = range.count
        let cuts = (0...Self.shards).map { range.lowerBound + $0 * count / Self.shards }
        let parts = zip(cuts, cuts.dropFirst()).filter { $0 < $1 }.map { start, end in
            (count: Double(end - start), gradient: Self.gradient(start..<end, at: weights))
        }
        let differences = parts.map { part in
            (part.count, zip(part.gradient, gradient).map { $0 - $1 })
        }
        let freedom = Double(parts.count - 1)
        let trace = differences.reduce(0) { $0 + $1.0 * Self.dot($1.1, $1.1) } / freedom
        let along = differences.reduce(0) { sum, part in
            let product = Self.dot(part.1, gradient)
            return sum + part.0 * product * product
        }
        let tests = try #require(found.tests)
        #expect(Self.isClose(tests.norm, trace / Double(count) / square, 1e-4))
        #expect(
            Self.isClose(tests.innerProduct, along / freedom / Double(count) / (square * square), 1e-4))
        #expect(Self.isClose(tests.signalToNoise, square * Double(count) / trace, 1e-4))
    }

    @Test func oneShardHasNothingToCompare() throws {
        let result = try Self.regression().step([7..<8], observes: .curvature)
        let found = try #require(result.curvature)
        #expect(found.tests == nil && found.gradientCurvature > 0 && found.lambdaMax > 0)
    }

    /// Weights, momentum and what else is reported are as without; a step that is skipped has none.
    @Test func changesNothing() throws {
        let plain = try Self.regression(measures: false)
        let measured = try Self.regression()
        for (step, range) in [0..<24, 3..<20, 0..<9].enumerated() {
            let expected = try plain.step([range], learningRate: 0.05, observes: [.norm, .layers, .noise])
            var observes: TrainingStep.Observations = [.norm, .layers, .noise]
            if step != 1 { observes.insert(.curvature) }
            let found = try measured.step([range], learningRate: 0.05, observes: observes)
            #expect((found.curvature == nil) == (step == 1) && expected.curvature == nil)
            #expect(found.lossSum == expected.lossSum && found.gradientNorm == expected.gradientNorm)
            #expect(
                found.noise == expected.noise
                    && found.layerNorms.map(\.norm) == expected.layerNorms.map(\.norm))
            #expect(measured.values == plain.values)
        }
        // Noise is what it was asked for, not what curvature needs.
        #expect(try measured.step([0..<24], observes: .curvature).noise == nil)
        let limited = try Self.regression()
        let skipped = try limited.step([0..<24], observes: .curvature, lossLimit: 1e-9)
        #expect(skipped.isSkipped && skipped.curvature == nil)
    }

    // MARK: Networks

    private static let count = 24

    private static func images() throws -> Dataset {
        try Dataset(
            name: "images",
            features: (0..<count * 2 * 25).map { (place: Int) -> Float in
                Float((place * 7919 + 13) % 211 - 105) / 60
            },
            exampleShape: [2, 5, 5],
            labels: .classes(
                (0..<count).map { (place: Int) -> Int32 in Int32((place * 5 + 1) % 3) }, count: 3))
    }

    private static let network: Sequential = [
        Conv2d(2, kernel: 3, stride: 2), BatchNormalization(), Tanh(), Flatten(), Dropout(0.3), Linear(3),
    ]

    private static func harness(_ rule: any UpdateRule, measures: Bool) throws -> ReplicaHarness {
        try ReplicaHarness(
            network, data: images(), loss: .crossEntropy(classWeights: [1, 0.5, 3]), rule: rule, batch: count,
            shards: shards
        ) { $0.measuresCurvature = measures }
    }

    /// With batch norm's own moments, dropout's masks of the step and weighted classes: against differences of gradients.
    @Test func ofANetworkAsItIsTrained() throws {
        let range = 1..<22
        let recorder = try Self.harness(GradientRecorder(), measures: false)
        let (model, start) = (recorder.model, recorder.values)
        let places = model.variables.indices.filter { model.variables[$0].isTrainable }.flatMap { variable in
            start[variable].indices.map { (variable, $0) }
        }
        func gradient(_ change: (inout [[Float]]) -> Void) throws -> [Double] {
            var values = start
            change(&values)
            try recorder.state.set(values)
            _ = try recorder.step(range)
            let found = recorder.values
            return places.map { Double(found[$0.0][$0.1]) }
        }
        let whole = try gradient { _ in }
        // The Hessian, a row for each parameter.
        let step: Float = 1 / 128
        let hessian = try places.map { variable, element in
            let above = try gradient { $0[variable][element] += step }
            let below = try gradient { $0[variable][element] -= step }
            return zip(above, below).map { ($0 - $1) / Double(2 * step) }
        }
        var vector = places.indices.map { 1 + Double($0 % 3) }
        // Shifted, so that the largest eigenvalue is that of the largest size.
        let shift = 5.0
        for _ in 0..<600 {
            let image = zip(hessian, vector).map { Self.dot($0, vector) + shift * $1 }
            let norm = Self.dot(image, image).squareRoot()
            vector = image.map { $0 / norm }
        }
        let largest = Self.dot(vector, hessian.map { Self.dot($0, vector) })
        let along = Self.dot(whole, hessian.map { Self.dot($0, whole) })

        let measured = try Self.harness(SGD(), measures: true)
        let found = try #require(measured.step([range], observes: .curvature).curvature)
        #expect(Self.isClose(found.squaredNorm, Self.dot(whole, whole), 1e-5))
        #expect(Self.isClose(found.gradientCurvature, along, 5e-3), "\(found.gradientCurvature), \(along)")
        #expect(
            Self.isClose(found.lambdaMax, largest, 0.02), "\(found.lambdaMax), \(largest)")
        // Control: other masks are another function.
        let other = try Self.harness(SGD(), measures: true)
        let key = dt_philox_key(word: (3, 4))
        let result = try other.replica.step(
            TrainingStep(
                [Batch(rows: range.map { Int32($0) }[...])], update: [0, 0, 1], dropoutKey: key,
                observes: .curvature))
        let control = try #require(result.curvature)
        #expect(!Self.isClose(control.gradientCurvature, along, 0.02))
    }

    /// The shards' slopes along the gradient add up to its norm only where examples, random changes, masks, moments and weights
    /// of classes are those of the step.
    @Test(arguments: [0, 1]) func isTheMiniBatchsOwnLoss(_ epoch: UInt64) throws {
        prepareThreadForPrograms()
        let cluster = try TestCluster.get()
        let data = try Self.images()
        let model = try TracedModel(
            Self.network, exampleShape: data.exampleShape, target: .classes(3),
            loss: .crossEntropy(classWeights: [1, 0.5, 3]))
        let state = try ModelState(cluster: cluster, model: model)
        try state.set(model.initialValues(seed: 5))
        let start = model.variables.indices.map { state.value($0) }
        let maker = BatchMaker(
            examples: data.examples, scaling: FeatureScaling(unchanged: data.layout.channels),
            kernels: cluster.kernels,
            augmenter: try Augmenter([.shift(pixels: 1)], seed: 9, shape: data.exampleShape, name: "images"))
        let batch = Batch(rows: (2..<21).map { Int32($0) }[...], epoch: epoch)
        let key = ReplicaHarness.dropoutKey
        let settings = ReplicaSettings(batch: 19, shards: Self.shards, workers: 1, rule: GradientRecorder())
        let replica = try Replica(cluster: cluster, state: state, settings: settings, training: maker)
        _ = try replica.step(TrainingStep([batch], update: [1], dropoutKey: key))
        let gradient = model.variables.indices.map { state.value($0) }
        try state.set(start)
        let objective = DatasetObjective(
            order: EpochOrder(inOrder: 19, batchSize: 19), maker: maker, shards: Self.shards, workers: 1,
            dropoutKey: dt_philox_key(word: (0, 0)))
        let hessian = try HessianProduct(
            cluster: cluster, state: state, objective: objective, givesSlopes: true)
        let vector = try hessian.slices.vector { gradient[$0] }
        let square = try vector.squaredNorm()
        hessian.objective = objective.of(batch, dropoutKey: key)
        let slopes = try hessian.multiplyWithSlopes(vector).slopes
        #expect(slopes.count == Self.shards && slopes.allSatisfy { $0 != 0 })
        #expect(Self.isClose(slopes.reduce(0, +), square, 1e-5))
        // Controls: other changes, other masks, other examples.
        for other in [
            objective.of(Batch(rows: batch.rows, epoch: epoch + 1), dropoutKey: key),
            objective.of(Batch(rows: batch.rows), dropoutKey: key),
            objective.of(batch, dropoutKey: dt_philox_key(word: (3, 4))),
            objective.of(Batch(rows: batch.rows.dropLast(), epoch: epoch), dropoutKey: key),
        ] {
            hessian.objective = other
            #expect(try !Self.isClose(hessian.multiplyWithSlopes(vector).slopes.reduce(0, +), square, 1e-3))
        }
        for memory in [hessian.free, replica.free, state.free] { try memory() }
    }

    // MARK: Starting anew

    /// After starting anew an optimizer steps as one that has never stepped.
    @Test(arguments: ["sgd", "adam", "swats", "lamb"], [false, true])
    func optimizersStartAnew(_ name: String, _ isSharded: Bool) throws {
        let options: [String: OptionValue] = name == "sgd" ? ["momentum": .number(0.9)] : [:]
        let rule = try OptimizerConfiguration(
            name: name, options: options, lookahead: LookaheadOptions(k: 2)
        ).rule
        func harness() throws -> ReplicaHarness {
            try ReplicaHarness(
                Self.network, data: Self.images(), rule: rule, batch: Self.count, shards: Self.shards
            ) { $0.isOptimizerSharded = isSharded }
        }
        func step(_ harness: ReplicaHarness, _ number: Int) throws {
            _ = try harness.replica.step(
                TrainingStep(
                    [Batch(rows: (0..<24).map { Int32($0) }[...])],
                    update: rule.scalars(step: number, learningRate: 0.05, momentum: nil),
                    dropoutKey: ReplicaHarness.dropoutKey))
        }
        let worn = try harness()
        for number in 1...3 { try step(worn, number) }
        let other = try harness()
        try other.state.set(worn.values)
        let control = try harness()
        for number in 1...3 { try step(control, number) }
        try worn.replica.restartOptimizer()
        #expect(worn.values == control.values)
        #expect(worn.replica.ruleMemory.allSatisfy { $0 == 0 })
        for number in 1...3 {
            try step(worn, number)
            try step(other, number)
            // As training goes on where nothing is started anew.
            try step(control, number + 3)
        }
        #expect(worn.values == other.values)
        #expect(control.values != other.values)
    }
}
