import CKernels
import Optimizers
import Testing

/// Update rules against the formulas, and their independence of how elements are split.
@Suite struct UpdateRuleTests {
    private static let steps = 20
    private static let count = 37
    /// Relative; 20 roundings to Float32 of 6e-8 each stay far below.
    private static let tolerance = 1e-5

    @Test(arguments: RuleCase.referenced, RuleRunner.instructionSets)
    func followsTheFormula(_ rule: RuleCase, isa: dt_isa) throws {
        let worst = try Self.worstError(of: rule.rule(), rate: rule.rate, against: rule, isa: isa)
        #expect(worst <= Self.tolerance)
    }

    /// The comparison above tells rules apart that differ in one option.
    @Test(arguments: [
        (RuleCase.all[0], "sgd, decay"), (RuleCase.all[2], "sgd, momentum, dampening"),
        (RuleCase.all[5], "adamw"), (RuleCase.all[10], "delta_bar_delta, all options"),
        (RuleCase.all[11], "delta_bar_delta"), (RuleCase.all[12], "sgd"),
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
            for momentum in rule.takesMomentum ? [nil, 0, 0.5, 0.99] : [nil] {
                let scalars = rule.scalars(step: step, learningRate: 0.1, momentum: momentum)
                #expect(scalars.count == rule.scalarCount)
                #expect(scalars.allSatisfy { $0.isFinite })
                #expect(scalars.contains(0.1))
                if let momentum { #expect(scalars.contains(momentum)) }
            }
        }
    }

    /// As the rules that were made without it: what parameters that are left out of the decay get.
    @Test(arguments: OptimizerConfiguration.names)
    func decayCanBeTakenAway(_ name: String) throws {
        guard try OptimizerConfiguration.optionNames(of: name).contains("weight_decay") else { return }
        func rule(_ decay: Double) throws -> any UpdateRule {
            try OptimizerConfiguration(
                name: name, options: ["weight_decay": .number(decay)], lookahead: LookaheadOptions()
            ).rule
        }
        let (decayed, plain) = (try rule(0.3), try rule(0))
        #expect(decayed.stateNames == plain.stateNames)
        #expect(
            decayed.scalars(step: 3, learningRate: 0.1, momentum: nil)
                == plain.scalars(step: 3, learningRate: 0.1, momentum: nil))
        // What has no weights to decay in its last pass: sums come before, or the penalty is the loss's.
        guard !(plain is any MeasuredRule), name != NewtonCG.name else { return }
        let bits = try [decayed, decayed.withoutWeightDecay, plain].map { rule in
            let runner = try RuleRunner(rule: rule, weights: TestSequence.weights(Self.count))
            for step in 1...Self.steps {
                runner.step(
                    gradient: TestSequence.gradient(Self.count, step: step), learningRate: 0.01)
            }
            return runner.bits
        }
        #expect(bits[1] == bits[2])
        #expect(bits[0] != bits[2])
    }

    /// A given momentum is that of a rule made with it, and a momentum of 0 for a step is no special case.
    @Test func aGivenMomentumReplacesTheRules() throws {
        #expect(
            try Self.weights(SGD(momentum: 0.9), momentum: 0.6) == Self.weights(SGD(momentum: 0.6)))
        #expect(try Self.weights(SGD(momentum: 0.9), momentum: 0) == Self.weights(SGD()))
        #expect(
            try Self.weights(RMSprop(momentum: 0.9), momentum: 0.6) == Self.weights(RMSprop(momentum: 0.6)))
        #expect(try Self.weights(Adam(), momentum: 0.6) == Self.weights(Adam(betas: (0.6, 0.999))))
        #expect(try Self.weights(AdamW(), momentum: 0.6) == Self.weights(AdamW(betas: (0.6, 0.999))))
        #expect(try Self.weights(AMSGrad(), momentum: 0.6) == Self.weights(AMSGrad(betas: (0.6, 0.999))))
        #expect(try Self.weights(NAdam(), momentum: 0.6) == Self.weights(NAdam(betas: (0.6, 0.999))))
        #expect(try Self.weights(RAdam(), momentum: 0.6) == Self.weights(RAdam(betas: (0.6, 0.999))))
        #expect(try Self.weights(Adamax(), momentum: 0.6) == Self.weights(Adamax(betas: (0.6, 0.999))))
        #expect(try Self.weights(Adam(), momentum: 0.6) != Self.weights(Adam()))
    }

    @Test func rulesSayWhatTheyTake() throws {
        let without = try ["sgd", "delta_bar_delta", "adagrad", "rmsprop", "adadelta", "newton_cg"].map {
            try OptimizerConfiguration(name: $0).rule
        }
        #expect(without.allSatisfy { !$0.takesMomentum })
        for name in ["adam", "amsgrad", "nadam", "radam", "adamw", "adamax", "lars", "lamb", "swats"] {
            #expect(try OptimizerConfiguration(name: name).rule.takesMomentum)
        }
        #expect(try SGD(momentum: 0.1).takesMomentum && RMSprop(momentum: 0.1).takesMomentum)
        for name in OptimizerConfiguration.names {
            let rule = try OptimizerConfiguration(name: name, lookahead: LookaheadOptions()).rule
            #expect(rule.requiresFullBatch == (name == "delta_bar_delta"))
            #expect(rule is any MeasuredRule == ["lars", "lamb", "swats"].contains(name))
            #expect(rule.name == name)
        }
    }

    @Test func aMomentumThatIsNotTakenTraps() async {
        await #expect(processExitsWith: .failure) {
            _ = try SGD().scalars(step: 1, learningRate: 0.1, momentum: 0.9)
        }
        await #expect(processExitsWith: .failure) {
            _ = try Adam().scalars(step: 1, learningRate: 0.1, momentum: 1)
        }
    }

    /// RMSprop's variance of a constant gradient is 0 up to rounding, which may be below 0.
    @Test func centeredRMSpropStaysFiniteOnConstantGradients() throws {
        let runner = try RuleRunner(
            rule: RMSprop(alpha: 0.9, centered: true), weights: TestSequence.weights(Self.count))
        let gradient = TestSequence.gradient(Self.count, step: 1)
        for _ in 0..<400 { runner.step(gradient: gradient, learningRate: 1e-9) }
        #expect(runner.weights.allSatisfy { $0.isFinite })
    }

    @Test func stateNamesArePyTorchs() throws {
        #expect(try SGD().stateNames == [])
        #expect(try SGD(momentum: 0.5).stateNames == ["momentum_buffer"])
        #expect(try Adam().stateNames == ["exp_avg", "exp_avg_sq"])
        #expect(try AdamW().stateNames == ["exp_avg", "exp_avg_sq"])
        #expect(try AMSGrad().stateNames == ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"])
        #expect(try Adam(amsgrad: true).stateNames == AMSGrad().stateNames)
        #expect(try RMSprop(centered: true).stateNames == ["square_avg", "grad_avg"])
        #expect(try RMSprop(momentum: 0.5).stateNames == ["square_avg", "momentum_buffer"])
        #expect(try Adamax().stateNames == ["exp_avg", "exp_inf"])
    }

    @Test func defaultsArePyTorchs() throws {
        let sgd = try SGD()
        #expect(sgd == (try SGD(momentum: 0, dampening: 0, weightDecay: 0, nesterov: false)))
        #expect(try Adam() == Adam(betas: (0.9, 0.999), epsilon: 1e-8, weightDecay: 0))
        #expect(try AdamW() == AdamW(betas: (0.9, 0.999), epsilon: 1e-8, weightDecay: 0.01))
        #expect(try Adam().betas == (0.9, 0.999))
        #expect(try Adagrad() == Adagrad(rateDecay: 0, epsilon: 1e-10, initialAccumulator: 0, weightDecay: 0))
        #expect(
            try RMSprop()
                == RMSprop(alpha: 0.99, epsilon: 1e-8, momentum: 0, centered: false, weightDecay: 0))
        #expect(try Adadelta() == Adadelta(rho: 0.9, epsilon: 1e-6, weightDecay: 0))
        #expect(try NAdam() == NAdam(betas: (0.9, 0.999), epsilon: 1e-8, weightDecay: 0, momentumDecay: 4e-3))
        let rates = try [
            "sgd", "adagrad", "rmsprop", "adadelta", "adam", "nadam", "radam", "adamw", "adamax",
        ]
        .map { try OptimizerConfiguration(name: $0).learningRate }
        #expect(rates == [1e-3, 1e-2, 1e-2, 1, 1e-3, 2e-3, 1e-3, 1e-3, 2e-3])
    }

    /// The largest relative error over 20 steps and all elements of a rule's weights against a reference.
    private static func worstError(
        of rule: any UpdateRule, rate: Double, against reference: RuleCase, isa: dt_isa = dt_isa_detect()
    ) throws -> Double {
        let start = TestSequence.weights(count)
        let gradients = (1...steps).map { TestSequence.gradient(count, step: $0) }
        let runner = try RuleRunner(rule: rule, weights: start, isa: isa)
        let formula = try #require(reference.reference)
        let expected = (0..<count).map { i in
            formula(Double(start[i]), gradients.map { Double($0[i]) })
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

    /// The weights after 20 steps of a rule at rate 0.01.
    private static func weights(_ rule: some UpdateRule, momentum: Double? = nil) throws -> [Float] {
        let runner = try RuleRunner(rule: rule, weights: TestSequence.weights(count))
        for step in 1...steps {
            runner.step(
                gradient: TestSequence.gradient(count, step: step), learningRate: 0.01, momentum: momentum)
        }
        return runner.weights
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
