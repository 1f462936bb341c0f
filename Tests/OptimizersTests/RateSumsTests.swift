import Foundation
import Optimizers
import Testing

/// What every shape says of Ση and Ση² against partial sums of its own rates.
@Suite struct RateSumsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let shape: any ScheduleShape
        let rates: RateSums.Sum
        let squares: RateSums.Sum

        init(_ shape: any ScheduleShape, _ rates: RateSums.Sum, _ squares: RateSums.Sum) {
            (self.shape, self.rates, self.squares) = (shape, rates, squares)
        }

        var testDescription: String { String(describing: shape) }
    }

    static let cases = [
        Case(.constant, .infinite, .infinite),
        Case(.step(size: 2, gamma: 0.5), .finite, .finite),
        Case(.step(size: 2, gamma: 1), .infinite, .infinite),
        Case(.multiStep(milestones: [2, 5]), .infinite, .infinite),
        Case(.exponential(gamma: 0.9), .finite, .finite),
        Case(.exponential(gamma: 1), .infinite, .infinite),
        Case(.cosine(), .finite, .finite), Case(.cosine(minimum: 0.02), .infinite, .infinite),
        Case(.cosineRestarts(first: 3), .infinite, .infinite),
        Case(.cosineRestarts(first: 3, multiplier: 2), .infinite, .infinite),
        Case(.oneCycle(finalDivisor: 10), .infinite, .infinite),
        Case(.polynomial(power: 2), .finite, .finite), Case(.polynomial(end: 0.05), .infinite, .infinite),
        Case(.linear(over: .epochs(3)), .infinite, .infinite),
        Case(.linear(to: 0, over: .steps(30)), .finite, .finite),
        Case(.inverse(tau: 2), .infinite, .finite),
        Case(.inverseSquareRoot, .infinite, .infinite),
        Case(.cyclical(from: 0.1, up: 4), .infinite, .infinite),
        Case(.cyclical(from: 0, up: 4), .infinite, .infinite),
        Case(.cyclical(from: 0, up: 4, mode: .triangular2), .finite, .finite),
        Case(.cyclical(from: 0, up: 4, mode: .exponentialRange, gamma: 0.9), .finite, .finite),
        Case(.cyclical(from: 0.1, up: 4, mode: .triangular2), .infinite, .infinite),
        Case(.reduceOnPlateau(), .infinite, .infinite),
    ]

    /// η₀ of all cases.
    private static let base = 0.5

    /// The sums of n rates to the power p for n = 10⁴, 10⁵ and 10⁶ by a run of 10⁴ steps, after which a shape whose
    /// length is the run's stays at its last rate.
    private func partial(_ shape: any ScheduleShape, _ power: Double) throws -> [Double] {
        let isBounded =
            shape is CosineShape || shape is PolynomialShape || shape is OneCycleShape
        let schedule = try LearningRateSchedule(baseRate: Self.base, shape: shape)
        let count = 1_000_000
        let length = isBounded ? 10_000 : count
        let run = RunShape(stepsPerEpoch: 10, totalSteps: length)
        var sums: [Double] = []
        var total = 0.0
        var last = 0.0
        for step in 0..<count {
            if step < length { last = schedule.rate(step: step, in: run) }
            if step == length {
                // The rate at k = T, where the run has ended.
                switch shape {
                case let shape as CosineShape: last = shape.minimum
                case let shape as PolynomialShape: last = shape.end
                default: break
                }
            }
            total += pow(last, power)
            if [10_000, 100_000, 1_000_000].contains(step + 1) { sums.append(total) }
        }
        return sums
    }

    /// A finite sum's last tenfold of terms adds ever less; an infinite one's adds no less than the one before, up to
    /// the start of the sum (Σ1/k grows by ln 10 each time).
    @Test(arguments: cases)
    func partialSums(_ test: Case) throws {
        let sums = try #require(test.shape.sums(baseRate: Self.base))
        #expect(sums.rates == test.rates)
        #expect(sums.squares == test.squares)
        for (power, claimed) in [(1.0, sums.rates), (2.0, sums.squares)] {
            let partial = try partial(test.shape, power)
            let growth = [partial[1] - partial[0], partial[2] - partial[1]]
            switch claimed {
            case .infinite:
                #expect(growth[1] > 0.9 * growth[0] && growth[0] > 0, "power \(power), \(partial)")
            case .finite: #expect(growth[1] <= 0.2 * growth[0] + 1e-12, "power \(power), \(partial)")
            case .undecided: Issue.record("a formula has no undecided sum")
            }
        }
    }

    @Test func everyNamedShapeSaysIt() {
        let named = Set(Self.cases.map { $0.shape.name })
        #expect(named == Set(LearningRateSchedule.names))
    }

    @Test func theVerdict() throws {
        let inverse = try #require(try LearningRateSchedule(baseRate: 0.5, shape: .inverse()).sums)
        #expect(inverse.meetsRobbinsMonro == true)
        #expect(inverse.description == "Ση = ∞, Ση² < ∞, because it falls as 1/k")
        #expect(try LearningRateSchedule(baseRate: 0.5).sums?.meetsRobbinsMonro == false)
        // Without a rate nothing moves.
        #expect(try LearningRateSchedule(baseRate: 0, shape: .inverse()).sums?.rates == .finite)
        let plateau = PlateauRule(minimumRate: 0, epsilon: 0)
        let measured = try #require(ReduceOnPlateauShape(plateau).sums(baseRate: 1))
        #expect(measured.meetsRobbinsMonro == nil)
    }

    /// Where no fall is smaller than eps, the rate of a plateau schedule stays above 0 however often it would fall.
    @Test func eps() throws {
        let rule = PlateauRule(patience: 0, epsilon: 1e-3)
        var state = PlateauState()
        for _ in 0..<200 { state.observe(1, by: rule, baseRate: 0.5) }
        #expect(state.factor > 0)
        #expect(ReduceOnPlateauShape(rule).sums(baseRate: 0.5)?.rates == .infinite)
    }
}
