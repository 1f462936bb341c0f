import Optimizers
import Testing

/// The examples in the doc comments of the update rules, line by line.
@Suite struct RuleDocumentationTests {
    private func isClose(_ a: [Double], _ b: [Double]) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 1e-14 * abs($1) }
    }

    /// The factors of one tensor with weight decay, from its sums.
    private func factors(of rule: some MeasuredRule, rate: Double, _ sums: [Double]) -> [Double] {
        var memory = [Double](repeating: 0, count: rule.memoryCount)
        return rule.scalars(step: 1, learningRate: rate, momentum: nil).withUnsafeBufferPointer {
            rule.factors(scalars: $0, sums: sums, decays: [true], memory: &memory)
        }
    }

    @Test func sgd() throws {
        let rule = try SGD(momentum: 0.9, nesterov: true)
        #expect(rule.stateNames == ["momentum_buffer"])
        #expect(rule.scalars(step: 1, learningRate: 0.05, momentum: nil) == [0.05, 0.9, 1])
        #expect(rule.scalars(step: 2, learningRate: 0.05, momentum: 0.5) == [0.05, 0.5, 0])
    }

    @Test func adam() throws {
        let rule = try Adam(betas: (0.5, 0.75))
        #expect(rule.stateNames == ["exp_avg", "exp_avg_sq"])
        #expect(rule.scalars(step: 1, learningRate: 0.01, momentum: nil) == [0.01, 0.5, 0.5, 0.5])
    }

    @Test func adamW() throws {
        let rule = try AdamW(betas: (0.5, 0.75))
        #expect(rule.stateNames == ["exp_avg", "exp_avg_sq"])
        #expect(rule.scalars(step: 1, learningRate: 0.01, momentum: nil) == [0.01, 0.5, 0.5, 0.5])
    }

    @Test func amsgrad() throws {
        let rule = try AMSGrad(betas: (0.5, 0.75))
        #expect(rule.stateNames == ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"])
        #expect(rule.scalars(step: 1, learningRate: 0.01, momentum: nil) == [0.01, 0.5, 0.5, 0.5])
    }

    @Test func nadam() throws {
        let rule = try NAdam(betas: (0.5, 0.75), momentumDecay: 0)
        #expect(rule.stateNames == ["exp_avg", "exp_avg_sq"])
        #expect(
            isClose(
                rule.scalars(step: 1, learningRate: 0.75, momentum: nil), [0.75, 0.5, 0.75, 0.2, 0.25]))
    }

    @Test func radam() throws {
        let rule = try RAdam(betas: (0.5, 0.75))
        #expect(rule.stateNames == ["exp_avg", "exp_avg_sq"])
        #expect(rule.scalars(step: 1, learningRate: 0.01, momentum: nil) == [0.01, 0.5, 0.5, 0.5, 0])
    }

    @Test func adamax() throws {
        let rule = try Adamax(betas: (0.5, 0.75))
        #expect(rule.stateNames == ["exp_avg", "exp_inf"])
        #expect(rule.scalars(step: 2, learningRate: 0.01, momentum: nil) == [0.01, 0.5, 0.75])
    }

    @Test func adagrad() throws {
        let rule = try Adagrad(rateDecay: 0.5)
        #expect(rule.stateNames == ["sum"])
        #expect(rule.scalars(step: 3, learningRate: 0.1, momentum: nil) == [0.05, 0])
    }

    @Test func rmsprop() throws {
        let rule = try RMSprop(momentum: 0.9, centered: true)
        #expect(rule.stateNames == ["square_avg", "momentum_buffer", "grad_avg"])
        #expect(rule.scalars(step: 1, learningRate: 0.01, momentum: nil) == [0.01, 0.9])
    }

    @Test func adadelta() throws {
        let rule = try Adadelta()
        #expect(rule.stateNames == ["square_avg", "acc_delta"])
        #expect(rule.scalars(step: 1, learningRate: 1, momentum: nil) == [1])
    }

    @Test func deltaBarDelta() throws {
        let rule = try DeltaBarDelta(kappa: 0.01)
        #expect(rule.requiresFullBatch)
        #expect(rule.stateNames == ["rate", "delta_bar"])
        #expect(rule.scalars(step: 1, learningRate: 0.05, momentum: nil) == [0.05, 1])
    }

    @Test func measuredRule() throws {
        let rule: any MeasuredRule = try LAMB()
        #expect(rule.products == [.weights, .direction])
        #expect(rule.factorCount == 1)
        #expect(rule.memoryCount == 0)
    }

    @Test func lars() throws {
        let rule = try LARS(trustCoefficient: 0.5, epsilon: 0)
        #expect(rule.stateNames == ["momentum_buffer"])
        #expect(rule.products == [.weights, .gradient])
        #expect(isClose(factors(of: rule, rate: 0.1, [16, 4]), [0.1]))
    }

    @Test func lamb() throws {
        let rule = try LAMB(betas: (0.5, 0.75))
        #expect(rule.stateNames == ["exp_avg", "exp_avg_sq"])
        #expect(rule.products == [.weights, .direction])
        #expect(rule.scalars(step: 1, learningRate: 0.1, momentum: nil) == [0.1, 0.5, 0.5, 0.5])
        #expect(isClose(factors(of: rule, rate: 0.1, [16, 4]), [0.2]))
    }

    @Test func swats() throws {
        let rule = try SWATS(betas: (0.5, 0.75))
        #expect(rule.stateNames == ["exp_avg", "exp_avg_sq"])
        #expect(rule.products == [.direction, .gradientDirection, .weightsDirection])
        #expect(rule.memoryCount == 4)
        #expect(rule.scalars(step: 1, learningRate: 0.1, momentum: nil) == [0.1, 0.5, 0.5, 0.25, 1])
    }

    @Test func lookahead() throws {
        let rule = Lookahead(try SGD(), options: try LookaheadOptions(k: 2))
        #expect(rule.stateNames == ["slow"])
        #expect(rule.scalars(step: 1, learningRate: 0.1, momentum: nil) == [1, 0, 0.1, 0, 1])
        #expect(rule.scalars(step: 2, learningRate: 0.1, momentum: nil) == [0, 1, 0.1, 0, 0])
    }

    @Test func lookaheadOptions() throws {
        let options = try LookaheadOptions(k: 10)
        #expect(options.alpha == 0.5)
        #expect(options.wrap(try Adam()).stateNames == ["exp_avg", "exp_avg_sq", "slow"])
    }
}
