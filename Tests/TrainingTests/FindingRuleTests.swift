import Testing

@testable import Training

/// What measurements mean: each rule finds what it is for, and nothing where one of the numbers does not show it.
@Suite struct FindingRuleTests {
    /// A change of measurements.
    typealias Change = (inout Measurements) -> Void

    /// A run that ended with a high loss: of classes, without anything to blame.
    private static var failed: Measurements {
        var measured = Measurements()
        measured.setup.classes = 10
        measured.setup.isCrossEntropy = true
        measured.setup.rate = 0.1
        var course = RunCourse()
        course.steps = 400
        course.fullSteps = 400
        course.firstLoss = 2.4
        course.lastLoss = 1.2
        course.epochLoss = 1.21
        course.quarters = [1.9, 1.4, 1.25, 1.2]
        course.earlyFall = 1
        course.lateFall = 0.01
        course.highestRate = 0.1
        measured.course = course
        measured.constant = 2.3
        measured.losses = Measurements.Losses(
            training: 1.2, examples: 3000, test: 1.25, testExamples: 1000)
        measured.budget = Measurements.Budget(steps: 200, examples: 2000, measuredOn: 1000)
        measured.references = [
            .init(description: "the same model", isOwn: true, parameters: 5000, loss: 1.2),
            .init(description: "a linear model", parameters: 500, loss: 1.3),
            .init(description: "a larger model", parameters: 50_000, loss: 1.1),
        ]
        measured.layers = (0..<4).map { .init(name: "\($0).weight", relative: 0.02 + 0.01 * Double($0)) }
        measured.firstLayers = measured.layers
        measured.growth = .init(first: "0.weight", last: "3.weight", layers: 4, ratio: 0.8)
        measured.rectifiers = [.init(parameter: "0.weight", units: 64, dead: 20)]
        measured.scales = .init(
            largest: .init(name: "feature 1", range: 30), small: .init(name: "feature 0", range: 5), count: 2)
        measured.agreement = .init(
            examples: 1000, all: 0.4, surestHalf: 0.02, surestQuarter: 0.01, mostFrequent: 0.1,
            explainedLoss: 0.14)
        return measured
    }

    /// Expects these findings of the failed run with changes.
    private func expect(
        _ names: [Finding.Name], of what: String = "", _ changes: Change...,
        at location: SourceLocation = #_sourceLocation
    ) {
        var measured = Self.failed
        for change in changes { change(&measured) }
        let causes = FindingRules.judge(measured)
        #expect(causes.findings.map(\.name) == names, "\(what)", sourceLocation: location)
    }

    @Test func nothingToBlame() {
        expect([])
        #expect(FindingRules.judge(Measurements()).findings.isEmpty)
    }

    /// All names have a rule, each once and in their order.
    @Test func everyNameHasARule() {
        #expect(FindingRules.all.map { type(of: $0).name } == Finding.Name.allCases)
    }

    /// Weights alone say what needs a run; with one nothing does.
    @Test func weightsAlone() {
        var measured = Self.failed
        measured.course = nil
        let causes = FindingRules.judge(measured)
        #expect(causes.findings.isEmpty)
        #expect(
            causes.needRun == [
                .modelTooSimple, .optimizationFails, .explodingGradients, .rateTooHigh, .rateTooLow,
                .labelNoise,
            ])
        #expect(FindingRules.judge(Self.failed).needRun.isEmpty)
    }

    @Test func tooSimpleOrNotOptimized() {
        let larger: Change = { $0.references[2].loss = 0.6 }
        expect([.modelTooSimple], larger)
        // A third less is clearly lower, a quarter less is not.
        expect([], { $0.references[2].loss = 0.9 })
        // A smaller model that does as well says that this one could have.
        expect([.optimizationFails], larger, { $0.references[1].loss = 0.7 })
        expect([.optimizationFails], { $0.references[1].loss = 0.7 })
        expect([.optimizationFails], { $0.references[0].loss = 0.7 })
        // A loss that is low needs no reason, and neither does one that was low in training alone.
        let low: Change = {
            $0.losses?.training = 0.5
            $0.losses?.test = 0.6
        }
        expect([], larger, low)
        expect([], larger, { $0.course?.epochLoss = 0.5 })
        // No model to hold it against.
        expect([], larger, { $0.references.removeFirst() })
    }

    /// The key says whether another optimizer would do, or the model has to change.
    @Test func keysOfOptimization() {
        func key(_ change: Change) -> String? {
            var measured = Self.failed
            change(&measured)
            return FindingRules.judge(measured).findings.first?.key
        }
        #expect(key { $0.references[0].loss = 0.3 } == "optimizer")
        #expect(key { $0.references[1].loss = 0.3 } == "model")
        #expect(key { $0.references[2].loss = 0.3 } == "model")
    }

    @Test func overfittingOrShifted() {
        let gap: Change = {
            $0.losses?.training = 0.2
            $0.losses?.test = 1.1
        }
        expect([.overfitting], gap)
        // Networks that are trained well have such a distance.
        let usual: Change = {
            $0.losses?.training = 0.15
            $0.losses?.test = 0.55
        }
        expect([], usual)
        // But not if the test loss was lower before.
        let risen: Change = {
            $0.course?.bestTestLoss = 0.3
            $0.course?.lastTestLoss = 0.55
        }
        expect([.overfitting], usual, risen)
        expect([], gap, { $0.losses?.testExamples = 20 })
        let known: Change = { $0.samples = .init(accuracy: 0.9, examples: 1000) }
        expect([.shiftedTestSet], gap, known)
        expect([.overfitting], gap, { $0.samples = .init(accuracy: 0.55, examples: 1000) })
        // Two thirds of a few inputs may be chance.
        expect([.overfitting], gap, { $0.samples = .init(accuracy: 0.65, examples: 60) })
        // Both, where the training set's own kind shows it, too.
        expect([.overfitting, .shiftedTestSet], gap, known, { $0.losses?.validation = 1 })
        expect([.shiftedTestSet], gap, known, { $0.losses?.validation = 0.25 })
        // A shift that costs nothing is none to blame.
        expect([], known)
    }

    @Test func gradientsByLayer() {
        func layers(_ values: [Double]) -> [Measurements.LayerGradient] {
            values.enumerated().map { .init(name: "\($0).weight", relative: $1) }
        }
        let vanished = layers([1e-7, 1e-5, 1e-3, 0.1])
        let both: Change = {
            $0.layers = vanished
            $0.firstLayers = vanished
        }
        expect([.vanishingGradients], both)
        expect([], of: "at the first weights it was not so", { $0.layers = vanished })
        expect([.vanishingGradients], both, { $0.firstLayers = [] })
        expect([], both, { $0.layers = layers([1e-3, 1e-5, 1e-3, 0.1]) })
        expect([.deadUnits], both, { $0.rectifiers[0].dead = 60 })
        expect([.explodingGradients], { $0.growth?.ratio = 500 })
        let slow: Change = {
            $0.growth?.ratio = 31
            $0.growth?.layers = 12
        }
        expect([], of: "1.4 per layer", slow)
        expect([.explodingGradients], { $0.firstLayers = layers([9, 5000, 50, 1]) })
        expect([], of: "the features' scale", { $0.firstLayers = layers([5000, 2, 2, 1]) })
        expect(
            [.explodingGradients],
            { $0.course?.explosion = .init(parameter: "0.weight", step: 9, rootMeanSquare: 1e4) })
    }

    @Test func deadUnits() {
        expect([.deadUnits], { $0.rectifiers[0].dead = 33 })
        expect([], { $0.rectifiers[0].dead = 32 })
        expect([], { $0.rectifiers[0] = .init(parameter: nil, units: 3, dead: 3) })
        var measured = Self.failed
        measured.rectifiers[0].dead = 60
        measured.firstRectifiers = measured.rectifiers
        #expect(FindingRules.judge(measured).findings.map(\.key) == ["init.default"])
        measured.firstRectifiers[0].dead = 0
        #expect(FindingRules.judge(measured).findings.map(\.key) == ["optimizer.lr"])
    }

    @Test func rates() {
        let lower: Change = { $0.lowerRates = [.init(rate: 0.01, steps: 100, loss: 0.9)] }
        expect([.rateTooHigh], lower)
        expect([], { $0.lowerRates = [.init(rate: 0.01, steps: 100, loss: 1.1)] })
        expect([], { $0.lowerRates = [.init(rate: 0.01, steps: 100, loss: nil)] })
        expect([.rateTooHigh], { $0.edge = 3 })
        expect([], of: "the edge of stability", { $0.edge = 1.3 })
        expect([], { $0.edge = 3 }, { $0.setup.usesBatchStatistics = true })
        let higher: Change = {
            $0.course?.lateFall = 0.9
            $0.higherRates = .init(
                start: 1.2, own: .init(rate: 0.1, steps: 50, loss: 1.19),
                higher: [.init(rate: 1, steps: 50, loss: 1.0)])
        }
        expect([.rateTooLow], higher)
        expect([], of: "the curve has bent", higher, { $0.course?.lateFall = 0.1 })
        expect([], of: "four times as fast", higher, { $0.higherRates?.own.loss = 1.15 })
        expect([], of: "a twentieth", higher, { $0.higherRates?.higher[0].loss = 1.14 })
        expect([], higher, { $0.higherRates?.higher[0].loss = nil })
        expect([], of: "it rises", higher, { $0.higherRates?.own.loss = 1.3 })
    }

    /// A run that diverged is to be told from its metrics: there may be no weights.
    @Test func diverged() {
        let diverged: Change = {
            $0.losses = nil
            $0.rectifiers = []
            $0.layers = []
            $0.course?.isDiverged = true
            $0.course?.lastLoss = nil
        }
        expect([.rateTooHigh], diverged)
        expect([.rateTooHigh], diverged, { $0.lowerRates = [.init(rate: 0.01, steps: 100, loss: 1.5)] })
        expect([.explodingGradients], diverged, { $0.growth?.ratio = 1e5 })
        expect([], diverged, { $0.lowerRates = [.init(rate: 0.01, steps: 100, loss: nil)] })
        expect([], diverged, { $0.lowerRates = [.init(rate: 0.01, steps: 100, loss: 9)] })
    }

    @Test func scales() {
        let wide: Change = { $0.scales?.largest.range = 900 }
        expect([.unlikeScales], wide)
        expect([], wide, { $0.setup.normalization = "standardize" })
        expect([], wide, { $0.setup.normalizesInputs = true })
        expect([], { $0.scales?.largest.range = 400 })
    }

    @Test func labels() {
        let noisy: Change = {
            $0.agreement = .init(
                examples: 1000, all: 0.4, surestHalf: 0.3, surestQuarter: 0.29, mostFrequent: 0.1,
                explainedLoss: 1.27)
        }
        expect([.labelNoise], noisy)
        expect([], of: "it still falls", noisy, { $0.course?.quarters = [2, 1.9, 1.6, 1.2] })
        expect([], of: "examples are hard", noisy, { $0.agreement?.surestQuarter = 0.1 })
        expect([], of: "more than that is wrong", noisy, { $0.agreement?.explainedLoss = 0.5 })
        expect([], of: "too few to tell", noisy, { $0.agreement?.examples = 60 })
        expect([], of: "the model knows nothing", noisy, { $0.agreement?.mostFrequent = 0.7 })
        expect([], noisy, { $0.setup.isCrossEntropy = false })
    }

    /// What the lines of a run say of its course.
    @Test func courses() throws {
        func step(_ number: Int, _ loss: Double, _ rate: Double = 0.1) -> RunEvent {
            .step(
                .init(
                    step: number, epoch: 1, loss: loss, learningRate: rate,
                    pace: .init(samplesPerSecond: 1, seconds: 1)))
        }
        let straight = try #require(RunCourse((1...20).map { step($0, 3 - 0.01 * Double($0)) }, rate: 0.1))
        #expect(straight.stillFalls && straight.steps == 20 && straight.fullSteps == 20)
        #expect(abs(try #require(straight.lateFall) - 0.1) < 1e-9)
        // A cosine that ends at 0 stops the loss, but not per unit of Σ rate.
        var sum = 0.0
        let decayed = try #require(
            RunCourse(
                (1...20).map { number in
                    let rate = 0.1 * (1 - Double(number) / 20)
                    sum += rate
                    return step(number, 3 - sum, rate)
                }, rate: 0.1))
        #expect(decayed.stillFalls && (9...10).contains(decayed.fullSteps))
        let bent = try #require(RunCourse((1...40).map { step($0, 0.1 + 3 / Double($0 * $0)) }, rate: 0.1))
        #expect(!bent.stillFalls && bent.isOnPlateau)
        let lost = try #require(RunCourse([step(1, 2), step(2, 90), step(3, .nan)], rate: 0.1))
        #expect(lost.isDiverged && lost.lastLoss == nil && lost.firstLoss == 2)
        #expect(RunCourse([], rate: 0.1) == nil)
        // One epoch's low test loss is chance, a quarter's is not.
        func tested(_ losses: [Double]) throws -> RunCourse {
            let epochs = losses.enumerated().map { place, loss in
                RunEvent.epoch(
                    .init(
                        epoch: place + 1, step: place + 1, trainingLoss: 1,
                        evaluations: .init(
                            test: .init(numbers: [.init(name: "loss", value: loss)], details: [])),
                        learningRate: 0.1, pace: .init(samplesPerSecond: 1, seconds: 1)))
            }
            return try #require(RunCourse([step(1, 2)] + epochs, rate: 0.1))
        }
        let jumping = try tested([1, 0.5, 1, 1, 1, 1, 1, 1])
        #expect(jumping.bestTestLoss == 0.75 && jumping.lastTestLoss == 1)
        #expect(try tested([1, 0.5]).bestTestLoss == nil)
        // A run that was ended in its warm-up has gone no way at its rate.
        let warming = try #require(RunCourse((1...20).map { step($0, 2, 0.001 * Double($0)) }, rate: 1))
        #expect(warming.fullSteps == 0)
    }
}
