import Optimizers
import Options
import Testing

/// What a trial of a step teaches of the trust region, and the rule that has one.
@Suite struct TrustRegionTests {
    /// The verdict on a step of length 1 that was to lower the loss by 1, and the radius after it, from 2 or a boundary of 1.
    private func judge(
        _ actual: Double, isAtBoundary: Bool = false, predicted: Double = 1, rounding: Double = 1e-6
    ) -> (TrustRegion.Verdict, radius: Double) {
        var region =
            isAtBoundary
            ? TrustRegion(radius: 1, maximum: 1.5) : TrustRegion(radius: 2, maximum: 10)
        let verdict = region.judge(
            predicted: predicted, actual: actual, rounding: rounding, length: 1, isAtBoundary: isAtBoundary)
        return (verdict, region.radius)
    }

    @Test func ratios() {
        #expect(judge(1) == (.accepted, 2))
        #expect(judge(0.5) == (.accepted, 2))
        #expect(judge(0.2) == (.accepted, 0.25))
        #expect(judge(1e-3) == (.accepted, 0.25))
        #expect(judge(1e-5) == (.rejected, 0.25))
        #expect(judge(-3) == (.rejected, 0.25))
        // On the boundary a good model widens the region, up to its limit.
        #expect(judge(0.8, isAtBoundary: true) == (.accepted, 1.5))
        #expect(judge(0.7, isAtBoundary: true) == (.accepted, 1))
        #expect(judge(0.1, isAtBoundary: true) == (.accepted, 0.25))
    }

    @Test(arguments: [Double.nan, -.infinity, .infinity]) func notFinite(_ actual: Double) {
        #expect(judge(actual) == (.rejected, 0.25))
        #expect(judge(actual, isAtBoundary: true) == (.rejected, 0.25))
    }

    @Test func belowTheRoundingNothingIsTold() {
        for actual in [-1e-7, 0, 1e-7] {
            #expect(judge(actual, predicted: 1e-8) == (.tooSmallToTell, 2))
            #expect(judge(actual, isAtBoundary: true, predicted: 1e-8) == (.tooSmallToTell, 1.5))
        }
        // One of both above it is enough to tell.
        #expect(judge(-1e-5, predicted: 1e-8) == (.rejected, 0.25))
        #expect(judge(1e-7, predicted: 1) == (.rejected, 0.25))
        #expect(judge(0, predicted: 0, rounding: 0) == (.tooSmallToTell, 2))
    }

    @Test func aRegionNeverVanishes() {
        var region = TrustRegion(radius: 1, maximum: 1)
        for _ in 0..<2000 {
            let verdict = region.judge(
                predicted: 1, actual: -1, rounding: 0, length: region.radius, isAtBoundary: true)
            #expect(verdict == .rejected)
        }
        #expect(region.radius > 0)
    }

    /// The example of the rule's documentation, and what it remembers.
    @Test func newtonCG() throws {
        let rule = try NewtonCG(radius: 0.5)
        #expect(rule.stateNames == [])
        #expect(rule.memoryCount == 1)
        #expect(!rule.takesLearningRate)
        #expect(rule.region([0]).radius == 0.5)
        #expect(rule.region([3]).radius == 3 && rule.region([3]).maximum == 100)
        #expect(Lookahead(rule, options: try LookaheadOptions()).memoryCount == 1)
        let (swats, sgd) = (try SWATS(), try SGD())
        #expect(swats.memoryCount == 4 && sgd.memoryCount == 0 && sgd.takesLearningRate)
        #expect(try NewtonCG(weightDecay: 0.1).penalty == 0.1)
        #expect(try NewtonCG(weightDecay: 0.1).withoutWeightDecay == NewtonCG())
    }

    @Test func stepsAreTakenAsTheyAre() throws {
        let runner = try RuleRunner(rule: NewtonCG(), weights: [1, 2, 3])
        runner.step(gradient: [4, -0.5, 0], learningRate: 0, cuts: [1])
        #expect(runner.weights == [-3, 2.5, 3])
    }

    @Test func options() throws {
        let optimizer = try OptimizerConfiguration(
            name: "newton_cg",
            options: [
                "radius": 0.25, "max_radius": 2, "cg_iterations": 7, "tolerance": 0.5,
                "negative_curvature": "ignore", "weight_decay": 0.01,
            ])
        #expect(
            optimizer.rule as? NewtonCG
                == (try NewtonCG(
                    radius: 0.25, maximumRadius: 2, iterations: 7, tolerance: 0.5,
                    negativeCurvature: .ignore, weightDecay: 0.01)))
        #expect(optimizer.learningRate == 0)
        #expect(try OptimizerConfiguration(name: "newton_cg").rule as? NewtonCG == NewtonCG())
    }

    @Test(arguments: [
        ("radius", 0 as OptionValue), ("radius", 101), ("max_radius", 0.5), ("cg_iterations", 0),
        ("tolerance", 1), ("negative_curvature", "jump"), ("weight_decay", -1),
    ])
    func whatIsRefused(_ name: String, _ value: OptionValue) {
        #expect(throws: OptionError.self) {
            try OptimizerConfiguration(name: "newton_cg", options: [name: value])
        }
    }

    /// An option that others have is refused with the reason.
    @Test func thereIsNoRate() {
        let error = #expect(throws: OptionError.self) {
            try OptimizerConfiguration(name: "newton_cg", options: ["lr": 0.1])
        }
        #expect(error?.kind == .unknownOption && error?.key == "lr")
        #expect(error?.description.contains("newton_cg has no learning rate") == true)
    }
}
