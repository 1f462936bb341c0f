import CKernels
import Cluster
import DataParallel
import Datasets
import Graph
import Layers
import Optimizers
import Options
import ReplicaSupport
import Runtime
import Testing

@testable import Training

/// Verdicts on functions whose points are known.
@Suite(.serialized) struct DiagnoserTests {
    /// A function of parameters, each [1].
    typealias Function = @Sendable ([Tensor]) -> Tensor

    /// Looks at `function` of `point.count` parameters at `point`.
    private func diagnose(
        _ function: @escaping Function, at point: [Float], optimizer: OptimizerConfiguration? = nil,
        schedule: StepDiagnosis.Schedule? = nil, change: (inout DiagnosisOptions) -> Void = { _ in }
    ) throws -> Diagnosis {
        try look(function, at: point, optimizer: optimizer, schedule: schedule, change: change).diagnosis
    }

    private func look(
        _ function: @escaping Function, at point: [Float], optimizer: OptimizerConfiguration? = nil,
        schedule: StepDiagnosis.Schedule? = nil, change: (inout DiagnosisOptions) -> Void = { _ in }
    ) throws -> (diagnosis: Diagnosis, point: [Float]) {
        prepareThreadForPrograms()
        let cluster = try TestCluster.get()
        let data = try Dataset(
            name: "points", features: [0, 0, 0, 0, 0] as [Float], exampleShape: [1],
            labels: .targets([0, 0, 0, 0, 0] as [Float], width: 1))
        let model = try TracedModel(
            AnalyticModel(count: point.count, function: function), exampleShape: [1], target: .values([1]),
            loss: Loss(IdentityLoss()))
        let state = try ModelState(cluster: cluster, model: model)
        try state.set([point])
        var options = DiagnosisOptions()
        change(&options)
        // Five examples in mini-batches of 3 and 2 over 4 shards: some shards are empty, others unequal.
        let objective = DatasetObjective(
            order: EpochOrder(inOrder: 5, batchSize: 3),
            maker: BatchMaker(
                examples: data.examples, scaling: FeatureScaling(unchanged: data.layout.channels),
                kernels: cluster.kernels),
            shards: 4, workers: 1, dropoutKey: ReplicaHarness.dropoutKey)
        let diagnosis = try Diagnoser(
            cluster: cluster, state: state, objective: objective, options: options, data: "train",
            optimizer: optimizer, rate: nil, schedule: schedule
        ).run()
        let after = state.value(0)
        try state.free()
        return (diagnosis, after)
    }

    /// ½ Σ curvature · w².
    private static func quadratic(_ curvatures: [Double]) -> Function {
        { weights in
            var sum = weights[0].squared() * (curvatures[0] / 2)
            for place in curvatures.indices.dropFirst() {
                let term: Tensor = weights[place].squared() * (curvatures[place] / 2)
                sum = sum + term
            }
            return sum
        }
    }

    private static let origin: [Float] = [0, 0]
    private static let simpleSaddle: Function = { $0[0].squared() - $0[1].squared() }

    @Test(arguments: [true, false])
    func saddle(_ isDense: Bool) throws {
        let (diagnosis, point) = try look(Self.simpleSaddle, at: Self.origin) { $0.isDense = isDense }
        #expect(diagnosis.verdict == .saddle)
        #expect(abs(diagnosis.lambdaMax.value - 2) < 1e-5 && abs(diagnosis.lambdaMin.value + 2) < 1e-5)
        #expect(diagnosis.index == 1)
        #expect(diagnosis.minimumRatio.value == 0.5 && diagnosis.negativeRatio.value == 0.5)
        let descent = try #require(diagnosis.descent)
        #expect(descent.why == nil && descent.loss < 0)
        #expect(point == Self.origin, "the weights stay where they are unless told to escape")
    }

    @Test func escapeFollowsTheNegativeCurvature() throws {
        // Along y the best point is √2, where the loss is −1.
        let function: Function = { w in
            let square: Tensor = w[1].squared()
            return w[0].squared() - square + square.squared() * 0.25
        }
        let (diagnosis, point) = try look(function, at: Self.origin) { $0.escapes = true }
        #expect(diagnosis.verdict == .saddle)
        let descent = try #require(diagnosis.descent)
        #expect(descent.loss < -0.5 && descent.loss >= -1)
        #expect(abs(point[0]) < 1e-4 && abs(point[1]) > 0.5)
    }

    @Test func monkeySaddleIsFlat() throws {
        let function: Function = { w in
            let cube: Tensor = w[0].squared() * w[0]
            let mixed: Tensor = w[0] * w[1].squared() * 3
            return cube - mixed
        }
        let diagnosis = try diagnose(function, at: Self.origin)
        #expect(diagnosis.verdict == .flat)
        #expect(diagnosis.zeroRatio.value == 1)
        #expect(diagnosis.index == 0)
    }

    @Test func productOfTwoWeightsIsASaddleAtTheOrigin() throws {
        // (1 − w₁w₂)², of which the Hessian at the origin is [[0, −2], [−2, 0]].
        let function: Function = { w in
            let rest: Tensor = -(w[0] * w[1]) + 1
            return rest.squared()
        }
        let diagnosis = try diagnose(function, at: Self.origin)
        #expect(diagnosis.verdict == .saddle)
        #expect(abs(diagnosis.lambdaMax.value - 2) < 1e-5 && abs(diagnosis.lambdaMin.value + 2) < 1e-5)
    }

    @Test(arguments: [true, false])
    func quadraticOfKnownSpectrum(_ isDense: Bool) throws {
        let ones = Array(repeating: 1.0, count: 12)
        let curvatures: [Double] = [-3, -3, -0.5] + Array(repeating: 0, count: 7) + ones + [2, 2, 7, 50]
        let origin = Array(repeating: Float(0), count: curvatures.count)
        let diagnosis = try diagnose(Self.quadratic(curvatures), at: origin) {
            $0.isDense = isDense
            $0.eigenvalues = 2
            $0.estimatesTrace = true
        }
        #expect(diagnosis.verdict == .saddle)
        #expect(abs(diagnosis.lambdaMax.value - 50) < 1e-3 && abs(diagnosis.lambdaMin.value + 3) < 1e-3)
        #expect(abs(diagnosis.largest[1].value - 7) < 1e-3)
        #expect(abs(diagnosis.smallest[1].value + 3) < 1e-3, "the second of a double one")
        #expect(diagnosis.index == 3)
        #expect(diagnosis.negativeRatio.value == 3.0 / 26 && diagnosis.zeroRatio.value == 7.0 / 26)
        #expect(abs(try #require(diagnosis.trace).value - curvatures.reduce(0, +)) < 1)
    }

    @Test func sharesFromProductsAloneHoldTheTrueOnes() throws {
        // Too many different eigenvalues for the products to find all.
        let curvatures: [Double] = (0..<90).map { place in
            if place < 20 { return 0 }
            return place < 25 ? -Double(place) / 20 : 0.5 + Double(place * place) / 400
        }
        let diagnosis = try diagnose(Self.quadratic(curvatures), at: Array(repeating: 0, count: 90)) {
            $0.isDense = false
            $0.products = 30
        }
        #expect(diagnosis.index == nil)
        #expect(diagnosis.minimumRatio.range.contains(65.0 / 90))
        #expect(diagnosis.negativeRatio.range.contains(5.0 / 90))
        #expect(diagnosis.zeroRatio.range.contains(20.0 / 90))
        #expect(!diagnosis.minimumRatio.isExact)
    }

    @Test func minimumWithManyNullDirectionsIsAMinimum() throws {
        let curvatures: [Double] = Array(repeating: 0, count: 30) + [1, 2, 3]
        let point = (0..<33).map { $0 < 30 ? Float($0) : 0 }
        let diagnosis = try diagnose(Self.quadratic(curvatures), at: point)
        #expect(diagnosis.verdict == .localMinimum)
        #expect(diagnosis.zeroRatio.value == 30.0 / 33)
        #expect(diagnosis.missProbability == 0)
        #expect(abs(try #require(diagnosis.condition) - 3) < 1e-4)
    }

    @Test func maximum() throws {
        let diagnosis = try diagnose(Self.quadratic([-1, -2, 0]), at: [0, 0, 0])
        #expect(diagnosis.verdict == .localMaximum)
        #expect(diagnosis.index == 2)
    }

    @Test func rosenbrockAlongTheValley() throws {
        // (1 − x)² + 100 (y − x²)².
        let function: Function = { w in
            let first: Tensor = (-w[0] + 1).squared()
            let second: Tensor = (w[1] - w[0].squared()).squared() * 100
            return first + second
        }
        let valley = try diagnose(function, at: [-0.5, 0.25])
        #expect(valley.verdict == .notCritical)
        #expect(abs(valley.gradientNorm - 3) < 1e-4)
        // On the floor of the valley the Hessian is [[2 + 800x², −400x], [−400x, 200]].
        let (a, b, c) = (2 + 800 * 0.25, 200.0, 200.0)
        let mean = (a + c) / 2
        let root = ((a - c) * (a - c) / 4 + b * b).squareRoot()
        #expect(abs(valley.lambdaMax.value - (mean + root)) < 0.01)
        #expect(abs(valley.lambdaMin.value - (mean - root)) < 0.01)
        let minimum = try diagnose(function, at: [1, 1])
        #expect(minimum.verdict == .localMinimum)
        #expect(minimum.loss == 0 && minimum.gradientNorm == 0)
    }

    @Test func whatTheLossCannotShowIsUndecided() throws {
        // Products see ±2, but beside 10⁸ no change of the loss is seen: it is bounded by 2.
        let diagnosis = try diagnose(
            { w in
                let bounded: Tensor = w[0].squared().tanh() - w[1].squared().tanh()
                return bounded + 1e8
            }, at: Self.origin)
        #expect(diagnosis.verdict == .undecided)
        #expect(diagnosis.lambdaMin.value < -1.9)
        #expect(diagnosis.descent?.why != nil)
    }

    @Test func curvatureBelowAGivenEpsilonIsUndecided() throws {
        let diagnosis = try diagnose(Self.simpleSaddle, at: Self.origin) { $0.epsilon = 3 }
        #expect(diagnosis.verdict == .undecided)
        #expect(diagnosis.index == 0 && diagnosis.zeroRatio.value == 1)
    }

    @Test func coupledDecayMovesTheCriticalPoint() throws {
        // ½x² − x + ½x²: the minimum with decay is at ½, where the loss alone has the gradient −½.
        let function: Function = { $0[0].squared() * 0.5 - $0[0] }
        let options: [String: OptionValue] = ["lr": .number(0.1), "weight_decay": .number(1)]
        let decayed = try OptimizerConfiguration(name: "sgd", options: options)
        let found = try diagnose(function, at: [0.5], optimizer: decayed)
        #expect(found.verdict == .localMinimum)
        #expect(found.isDecidedByDecay)
        #expect(abs(found.gradientNorm - 0.5) < 1e-6)
        #expect(try #require(found.decayedGradientNorm) < 1e-6)
        let plain = try OptimizerConfiguration(name: "adamw", options: options)
        #expect(try diagnose(function, at: [0.5], optimizer: plain).verdict == .notCritical)
    }

    @Test func stepsAreHeldAgainstTheBestOne() throws {
        // λ = 4 at x = 1: gᵀHg = 64, gᵀg = 16.
        func stepping(_ name: String, _ options: [String: OptionValue]) throws -> StepDiagnosis? {
            let optimizer = try OptimizerConfiguration(name: name, options: options)
            return try diagnose(Self.quadratic([4]), at: [1], optimizer: optimizer).stepping
        }
        let small = try #require(try stepping("sgd", ["lr": .number(0.1)]))
        #expect(small.plainStep == .falls)
        #expect(abs(small.gradientCurvature - 64) < 1e-3 && abs(small.gradientOverRate - 160) < 1e-3)
        #expect(abs(try #require(small.stableRate) - 0.5) < 1e-5)
        #expect(try stepping("sgd", ["lr": .number(0.3)])?.plainStep == .overshoots)
        #expect(try stepping("sgd", ["lr": .number(0.6)])?.plainStep == .rises)
        let heavy = try #require(try stepping("sgd", ["lr": .number(0.1), "momentum": .number(0.5)]))
        #expect(abs(try #require(heavy.stableRate) - 0.75) < 1e-5)
        let nesterov = try #require(
            try stepping("sgd", ["lr": .number(0.1), "momentum": .number(0.5), "nesterov": .flag(true)]))
        #expect(abs(try #require(nesterov.stableRate) - 0.375) < 1e-5)
        #expect(try #require(try stepping("adam", ["lr": .number(0.1)])).stableRate == nil)
    }

    /// What gets further says what is there already, and what a schedule has made of the rate.
    @Test func adviceOnTheRate() throws {
        func page(_ rate: Double, momentum: Double, highest: Double?) throws -> String {
            let optimizer = try OptimizerConfiguration(
                name: "sgd", options: ["lr": .number(rate), "momentum": .number(momentum)])
            let diagnosis = try diagnose(
                Self.quadratic([4]), at: [1], optimizer: optimizer,
                schedule: highest.map { .init(name: "cosine", highest: $0) })
            return DiagnosisPage(diagnosis).text.split(whereSeparator: \.isWhitespace)
                .joined(separator: " ")
        }
        #expect(try page(0.1, momentum: 0, highest: nil).contains("a higher rate, momentum or more epochs"))
        #expect(try page(0.1, momentum: 0.9, highest: nil).contains("a higher rate or more epochs"))
        #expect(try page(0.1, momentum: 0.9, highest: 0.2).contains("a higher rate or more epochs"))
        let spent = try page(1e-6, momentum: 0.9, highest: 0.1)
        #expect(spent.contains("The cosine schedule has brought the rate down from 0.1 to 1e-06"))
        #expect(spent.contains("one of 0.25 would lower it most"))
        #expect(!spent.contains("a higher rate") && !spent.contains("momentum or"))
    }

    @Test func aLossThatIsNotFiniteIsAnError() throws {
        #expect(throws: TrainingError.self) {
            try diagnose({ $0[0].reciprocal() + $0[1] }, at: Self.origin)
        }
    }
}
