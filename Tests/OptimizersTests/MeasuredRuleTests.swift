import CKernels
import Foundation
import Optimizers
import Testing

/// LARS, LAMB and SWATS against their papers' equations, and what does not change a measured rule's bits.
@Suite struct MeasuredRuleTests {
    private static let steps = 20
    private static let count = MeasuredRunner.count
    private static let tolerance = 1e-5

    /// Weights of `TestSequence`, except that the second tensor starts from zeros, as biases do.
    private static let start = TestSequence.weights(count).enumerated().map {
        MeasuredRunner.tensors[1].contains($0) ? 0 : $1
    }

    private static func gradient(_ step: Int) -> [Float] { TestSequence.gradient(count, step: step) }

    /// Gradients for SWATS, whose sizes swing so that its rate is found at the fourth step.
    private static func swinging(_ step: Int) -> [Float] {
        let swing = 1 + 0.5 * sin(0.9 * Double(step) + 2)
        return (0..<count).map { (i: Int) -> Float in
            let size = (0.2 + 0.05 * Double(i % 7)) * swing
            return Float(i % 3 == 0 ? -size : size)
        }
    }

    private static func doubles(_ arrays: [[Float]]) -> [[Double]] { arrays.map { $0.map(Double.init) } }

    /// Compares a rule's weights after each step with `expected`.
    private static func compare(
        _ rule: any UpdateRule, decays: [Bool] = [true, true, true, true], rate: (Int) -> Double,
        gradient: (Int) -> [Float] = gradient, isa: dt_isa = dt_isa_detect(), equals expected: [[Double]]
    ) throws {
        let runner = try MeasuredRunner(rule, weights: start, decays: decays, isa: isa)
        for step in 1...steps {
            runner.step(gradient: gradient(step), learningRate: rate(step))
            for (weight, exact) in zip(runner.weights, expected[step - 1]) {
                #expect(abs(Double(weight) - exact) <= tolerance * max(abs(exact), 1e-3), "step \(step)")
            }
        }
    }

    @Test(arguments: RuleRunner.instructionSets)
    func larsFollowsThePaper(isa: dt_isa) throws {
        let gradients = Self.doubles((1...Self.steps).map(Self.gradient))
        let weights = Self.start.map(Double.init)
        try Self.compare(
            LARS(), rate: { _ in 0.1 }, isa: isa,
            equals: MeasuredReference.lars(
                weights: weights, gradients: gradients, rate: 0.1, momentum: 0.9, trust: 0.001,
                epsilon: 1e-8, decays: [0, 0, 0, 0]))
        try Self.compare(
            LARS(momentum: 0.5, trustCoefficient: 0.01, epsilon: 0.1, weightDecay: 0.2),
            decays: [true, false, true, false], rate: { _ in 0.5 }, isa: isa,
            equals: MeasuredReference.lars(
                weights: weights, gradients: gradients, rate: 0.5, momentum: 0.5, trust: 0.01, epsilon: 0.1,
                decays: [0.2, 0, 0.2, 0]))
    }

    @Test(arguments: RuleRunner.instructionSets)
    func lambFollowsThePaper(isa: dt_isa) throws {
        let gradients = Self.doubles((1...Self.steps).map(Self.gradient))
        let weights = Self.start.map(Double.init)
        try Self.compare(
            LAMB(), rate: { _ in 1e-3 }, isa: isa,
            equals: MeasuredReference.lamb(
                weights: weights, gradients: gradients, rate: 1e-3, betas: (0.9, 0.999), epsilon: 1e-6,
                decays: [0.01, 0.01, 0.01, 0.01]))
        try Self.compare(
            LAMB(betas: (0.4, 0.9), epsilon: 1e-3, weightDecay: 0.3), decays: [false, true, true, true],
            rate: { _ in 0.01 }, isa: isa,
            equals: MeasuredReference.lamb(
                weights: weights, gradients: gradients, rate: 0.01, betas: (0.4, 0.9), epsilon: 1e-3,
                decays: [0, 0.3, 0.3, 0.3]))
    }

    @Test(arguments: RuleRunner.instructionSets)
    func swatsFollowsThePaper(isa: dt_isa) throws {
        let gradients = Self.doubles((1...Self.steps).map(Self.swinging))
        // Constant as in the paper, and with a schedule that goes on after the switch.
        for rate in [{ _ in 0.01 }, { (step: Int) in 0.01 / Double(step) }] {
            for decay in [0, 0.05] {
                let expected = MeasuredReference.swats(
                    weights: Self.start.map(Double.init), gradients: gradients,
                    rates: (1...Self.steps).map(rate), betas: (0.8, 0.9), epsilon: 1e-9, tolerance: 3e-3,
                    decay: decay)
                let switched = try #require(expected.switchedAfter)
                #expect((2..<Self.steps).contains(switched))
                try Self.compare(
                    SWATS(betas: (0.8, 0.9), tolerance: 3e-3, weightDecay: decay), rate: rate,
                    gradient: Self.swinging, isa: isa, equals: expected.weights)
            }
        }
    }

    @Test func swatsSwitchesOnceAndSaysSoInItsMemory() throws {
        let runner = try MeasuredRunner(SWATS(betas: (0.8, 0.9), tolerance: 3e-3), weights: Self.start)
        var phases: [Double] = []
        for step in 1...8 {
            runner.step(gradient: Self.swinging(step), learningRate: 0.01)
            phases.append(runner.memory[SWATS.Memory.phase])
        }
        #expect(phases == [0, 0, 0, 1, 2, 2, 2, 2])
        #expect(runner.memory[SWATS.Memory.learningRateAtSwitch] == 0.01)
        let never = try MeasuredRunner(SWATS(betas: (0.8, 0.9)), weights: Self.start)
        for step in 1...Self.steps { never.step(gradient: Self.swinging(step), learningRate: 0.01) }
        #expect(never.memory[SWATS.Memory.phase] == 0)
    }

    /// A gradient of zeros gives no rate and divides nothing by zero.
    @Test func zeroGradientsLeaveWeightsFinite() throws {
        for rule: any UpdateRule in try [LARS(), LAMB(weightDecay: 0), SWATS()] {
            let runner = try MeasuredRunner(rule, weights: Self.start)
            for _ in 0..<3 {
                runner.step(gradient: Array(repeating: 0, count: Self.count), learningRate: 0.1)
            }
            #expect(runner.weights == Self.start)
        }
    }

    private static let rules: [@Sendable () throws -> any UpdateRule] = [
        { try LARS(trustCoefficient: 0.01, weightDecay: 0.1) },
        { try LAMB(weightDecay: 0.1) },
        { try SWATS(betas: (0.8, 0.9), tolerance: 3e-3, weightDecay: 0.1) },
        { try LookaheadOptions(k: 3).wrap(LAMB()) },
        { try LookaheadOptions(k: 3).wrap(SWATS(betas: (0.8, 0.9), tolerance: 3e-3)) },
    ]

    @Test(arguments: 0..<5)
    func anySplitGivesTheSameBits(_ index: Int) throws {
        func bits(_ split: MeasuredRunner.Split, _ isa: dt_isa = dt_isa_detect()) throws -> [UInt32] {
            let runner = try MeasuredRunner(
                Self.rules[index](), weights: Self.start, decays: [true, false, true, true], isa: isa)
            for step in 1...Self.steps {
                runner.step(gradient: Self.swinging(step), learningRate: 0.01, split: split)
            }
            return runner.bits
        }
        let whole = try bits(.blocks)
        for length in [1, 7, 16, 33, 100] { #expect(try bits(.runs(length)) == whole, "runs of \(length)") }
        for isa in RuleRunner.instructionSets { #expect(try bits(.blocks, isa) == whole) }
    }

    /// Every third step, lookahead's weights are the mean of where they were and where LAMB went from there.
    @Test func lookaheadWrapsAMeasuredRule() throws {
        let wrapped = try MeasuredRunner(
            LookaheadOptions(k: 3, alpha: 0.5).wrap(LAMB()), weights: Self.start)
        let fast = try MeasuredRunner(LAMB(), weights: Self.start)
        for step in 1...2 {
            wrapped.step(gradient: Self.gradient(step), learningRate: 0.01)
            fast.step(gradient: Self.gradient(step), learningRate: 0.01)
        }
        #expect(wrapped.weights == fast.weights)
        wrapped.step(gradient: Self.gradient(3), learningRate: 0.01)
        fast.step(gradient: Self.gradient(3), learningRate: 0.01)
        let pulled = zip(Self.start, fast.weights).map { $0 + 0.5 * ($1 - $0) }
        #expect(wrapped.weights == pulled)
        #expect(wrapped.weights != fast.weights)
    }
}
