import CKernels
import Optimizers
import Testing

/// Update rules against the formulas, and their independence of how elements are split.
@Suite struct UpdateRuleTests {
    private static let steps = 20
    private static let count = 37
    /// Relative; 20 roundings to Float32 of 6e-8 each stay far below.
    private static let tolerance = 1e-5

    @Test(arguments: RuleCase.all, RuleRunner.instructionSets)
    func followsTheFormula(_ rule: RuleCase, isa: dt_isa) throws {
        let worst = try Self.worstError(of: rule.rule(), rate: rule.rate, against: rule, isa: isa)
        #expect(worst <= Self.tolerance)
    }

    /// The comparison above tells rules apart that differ in one option.
    @Test(arguments: [
        (RuleCase.all[0], "sgd, decay"), (RuleCase.all[2], "sgd, momentum, dampening"),
        (RuleCase.all[5], "adamw"),
    ])
    func aWrongRuleIsFound(_ rule: RuleCase, other: String) throws {
        let reference = try #require(RuleCase.all.first { $0.testDescription == other })
        let worst = try Self.worstError(of: rule.rule(), rate: rule.rate, against: reference)
        #expect(worst > 10 * Self.tolerance)
    }

    @Test(arguments: RuleCase.all)
    func anySplitGivesTheSameBits(_ rule: RuleCase) throws {
        let whole = try Self.bits(rule, cuts: [], isa: dt_isa_detect())
        for cuts in [[1], [16], [5, 6, 30], Array(1..<Self.count), [0, 0, 20, 20, Self.count]] {
            #expect(try Self.bits(rule, cuts: cuts, isa: dt_isa_detect()) == whole, "cut at \(cuts)")
        }
        #expect(
            try RuleRunner.instructionSets.allSatisfy { try Self.bits(rule, cuts: [7], isa: $0) == whole })
    }

    /// Stops after 7 steps, makes the rule anew and continues from copies of weights and state.
    @Test(arguments: RuleCase.all)
    func stateIsAllThatAResumeNeeds(_ rule: RuleCase) throws {
        let whole = try Self.bits(rule, cuts: [], isa: dt_isa_detect())
        let first = try Self.run(rule, steps: 1...7, from: nil)
        let second = try Self.run(rule, steps: 8...Self.steps, from: first)
        #expect(second.bits == whole)
    }

    @Test(arguments: RuleCase.all)
    func scalarsHaveTheirFixedLength(_ rule: RuleCase) throws {
        let rule = try rule.rule()
        for step in [1, 2, 1000, 10_000_000] {
            let scalars = rule.scalars(step: step, learningRate: 0.1)
            #expect(scalars.count == rule.scalarCount)
            #expect(scalars.allSatisfy { $0.isFinite })
            #expect(scalars[0] == 0.1)
        }
    }

    @Test func stateNamesArePyTorchs() throws {
        #expect(try SGD().stateNames == [])
        #expect(try SGD(momentum: 0.5).stateNames == ["momentum_buffer"])
        #expect(try Adam().stateNames == ["exp_avg", "exp_avg_sq"])
        #expect(try AdamW().stateNames == ["exp_avg", "exp_avg_sq"])
    }

    @Test func defaultsArePyTorchs() throws {
        let sgd = try SGD()
        #expect(sgd == (try SGD(momentum: 0, dampening: 0, weightDecay: 0, nesterov: false)))
        #expect(try Adam() == Adam(betas: (0.9, 0.999), epsilon: 1e-8, weightDecay: 0))
        #expect(try AdamW() == AdamW(betas: (0.9, 0.999), epsilon: 1e-8, weightDecay: 0.01))
        #expect(try Adam().betas == (0.9, 0.999))
    }

    /// The largest relative error over 20 steps and all elements of a rule's weights against a reference.
    private static func worstError(
        of rule: any UpdateRule, rate: Double, against reference: RuleCase, isa: dt_isa = dt_isa_detect()
    ) throws -> Double {
        let start = TestSequence.weights(count)
        let gradients = (1...steps).map { TestSequence.gradient(count, step: $0) }
        let runner = try RuleRunner(rule: rule, weights: start, isa: isa)
        let expected = (0..<count).map { i in
            reference.reference(Double(start[i]), gradients.map { Double($0[i]) })
        }
        var worst = 0.0
        for step in 0..<steps {
            runner.step(gradient: gradients[step], learningRate: rate)
            for (i, weight) in runner.weights.enumerated() {
                let error = abs(Double(weight) - expected[i][step]) / abs(expected[i][step])
                worst = error.isNaN ? .infinity : max(worst, error)
            }
        }
        return worst
    }

    /// The bits of weights and state after 20 steps.
    private static func bits(_ rule: RuleCase, cuts: [Int], isa: dt_isa) throws -> [[UInt32]] {
        let runner = try RuleRunner(rule: rule.rule(), weights: TestSequence.weights(count), isa: isa)
        for step in 1...steps {
            runner.step(
                gradient: TestSequence.gradient(count, step: step), learningRate: rule.rate, cuts: cuts)
        }
        return runner.bits
    }

    /// Takes the given steps from an earlier runner's weights and state, or from the start.
    private static func run(
        _ rule: RuleCase, steps: ClosedRange<Int>, from earlier: RuleRunner?
    ) throws -> RuleRunner {
        let runner = try RuleRunner(
            rule: rule.rule(), weights: earlier?.weights ?? TestSequence.weights(count),
            state: earlier?.state, stepsTaken: steps.lowerBound - 1)
        for step in steps {
            runner.step(gradient: TestSequence.gradient(count, step: step), learningRate: rule.rate)
        }
        return runner
    }
}
