import CKernels
import Optimizers
import Testing

/// The numbers of a step by name, and a rule of one's own that uses them.
@Suite struct ScalarNameTests {
    /// The rule of `UpdateRule`'s documentation.
    struct SignDescent: UpdateRule {
        enum Scalar: Int, ScalarName { case learningRate }

        var name: String { "sign_descent" }
        var stateNames: [String] { [] }

        func scalars(step: Int, learningRate: Double, momentum: Double?) -> [Double] {
            Scalar.values([.learningRate: learningRate])
        }

        func update(
            scalars: NamedScalars<Scalar>, weights: UnsafeMutablePointer<Float>,
            gradient: UnsafePointer<Float>, state: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int,
            kernels: UnsafePointer<dt_kernels>
        ) {
            let rate = Float(scalars[.learningRate])
            for i in 0..<count where gradient[i] != 0 { weights[i] -= gradient[i] > 0 ? rate : -rate }
        }
    }

    private enum Scalar: Int, ScalarName { case learningRate, isFirstStep }
    private enum Factor: Int, ScalarName { case rate }
    private enum Shifted: Int, ScalarName { case learningRate = 1, momentum }

    @Test func valuesStandInTheNamesOrder() {
        var numbers = Scalar.values([.isFirstStep: 1, .learningRate: 0.1])
        #expect(numbers == [0.1, 1])
        #expect(numbers[Scalar.isFirstStep] == 1)
        numbers[Scalar.isFirstStep] = 0
        #expect(numbers == [0.1, 0])
        #expect(NoScalar.values([:]) == [])
    }

    @Test func aViewReadsByNameAndGoesOnBehindTheNames() {
        [0.1, 1, 0.05].withUnsafeBufferPointer {
            let scalars = NamedScalars<Scalar>($0)
            #expect(scalars[.learningRate] == 0.1)
            #expect(scalars[.isFirstStep] == 1)
            #expect(scalars.rest(as: Factor.self)[.rate] == 0.05)
        }
    }

    @Test func aNameWithoutNumberTraps() async {
        await #expect(processExitsWith: .failure) { _ = Scalar.values([.learningRate: 0.1]) }
        await #expect(processExitsWith: .failure) {
            _ = Scalar.values([.learningRate: 0.1, .learningRate: 0.2])
        }
        await #expect(processExitsWith: .failure) {
            _ = Shifted.values([.learningRate: 0.1, .momentum: 0.2])
        }
        await #expect(processExitsWith: .failure) {
            [0.1, 1].withUnsafeBufferPointer { _ = NamedScalars<Scalar>($0).rest(as: Factor.self)[.rate] }
        }
    }

    /// Numbers and what stands in checkpoints are as many, and so are names, but for a last one that only an option needs;
    /// lookahead's two stand in front.
    @Test(arguments: OptimizerConfiguration.names)
    func everyRuleHasOneNumberForEachName(_ name: String) throws {
        func names(_ rule: some UpdateRule) -> Int { type(of: rule).Scalar.allCases.count }
        let rule = try OptimizerConfiguration(name: name).rule
        let numbers = rule.scalars(step: 2, learningRate: 0.1, momentum: nil)
        let unused = ["adagrad", "rmsprop"].contains(name) ? 1 : 0
        #expect(rule.scalarCount == names(rule) - unused)
        #expect(numbers.count == rule.scalarCount)
        let wrapped = try OptimizerConfiguration(name: name, lookahead: LookaheadOptions(k: 2)).rule
        #expect(names(wrapped) == 2)
        #expect(wrapped.scalarCount == numbers.count + 2)
        #expect(wrapped.scalars(step: 2, learningRate: 0.1, momentum: nil) == [0, 1] + numbers)
    }

    @Test func aRuleOfOnesOwnSteps() throws {
        for rule: any UpdateRule in [
            SignDescent(), Lookahead(SignDescent(), options: try LookaheadOptions(k: 5)),
        ] {
            let runner = try RuleRunner(rule: rule, weights: [1, 2, 3])
            runner.step(gradient: [4, -0.5, 0], learningRate: 0.25, cuts: [1])
            #expect(runner.weights == [0.75, 2.25, 3])
        }
    }

    /// Numbers of another rule are found to be too many or too few.
    @Test func numbersOfAnotherRuleTrap() async {
        for (rule, numbers) in [(0, 2), (0, 4), (1, 2), (2, 5), (2, 7)] {
            await #expect(processExitsWith: .failure) { [rule = rule as Int, numbers = numbers as Int] in
                let rules: [any UpdateRule] = [
                    try SGD(), try LARS(), Lookahead(try Adam(), options: try LookaheadOptions(k: 5)),
                ]
                try RuleRunner(rule: rules[rule], weights: [1])
                    .apply(scalars: Array(repeating: 1, count: numbers), gradient: [1], start: 0, end: 1)
            }
        }
    }
}
