import Foundation
import Testing

@testable import Training

/// What a range test makes of the losses of its steps.
@Suite struct RateSearchTests {
    private static let rates = spread(100)

    private static func spread(_ steps: Int) -> [Double] {
        (0..<steps).map { step -> Double in 1e-7 * pow(1e8, Double(step) / Double(steps - 1)) }
    }

    private static func search(
        _ losses: [Double], _ options: RateSearchOptions = RateSearchOptions(), _ rates: [Double] = rates
    ) -> RateSearch { RateSearch(rates: rates, losses: losses, options: options) }

    /// A number from −1 to 1, which differs from step to step.
    private static func noise(_ step: Int, _ seed: Int) -> Double {
        let mixed: Int = step * 7919 + seed * 104_729 + step * step * 31
        return Double(mixed % 997) / 498 - 1
    }

    @Test func theExampleOfTheDocumentation() {
        var options = RateSearchOptions()
        options.steps = 100
        let rates = (0..<100).map { step -> Double in pow(10, Double(step) / 10 - 8) }
        let losses = (0..<100).map { step -> Double in
            if step < 50 { return 1 }
            return step < 70 ? pow(0.5, Double(step - 50)) : Double(step - 69)
        }
        let search = RateSearch(rates: rates, losses: losses, options: options)
        #expect(search.basis == .steepestDescent && search.suggestion == search.steepest)
        #expect(search.end == .lossGrew && search.points.count < 100)
        #expect(rates[50...60].contains(search.suggestion ?? 0), "\(search)")
    }

    /// s_t = β s_{t−1} + (1 − β) L_t, divided by 1 − βᵗ.
    @Test func theSmoothedLoss() {
        let points = Self.search([4, 2, 3] + Array(repeating: 3, count: 97)).points
        #expect(points[0].smoothedLoss == 4)
        #expect(abs(points[1].smoothedLoss - (0.9 * 4 + 2) / 1.9) < 1e-12)
        #expect(abs(points[2].smoothedLoss - (0.81 * 4 + 0.9 * 2 + 3) / 2.71) < 1e-12)
        // A loss that stays the same is that loss.
        #expect(abs(Self.search(Array(repeating: 5, count: 100)).points[99].smoothedLoss - 5) < 1e-12)
    }

    /// Plain descent on ½ Σ λ w², whose largest stable rate is 2/λ: the suggestion is below it and not far below, with and
    /// without the noise of mini-batches, where a loss has two scales, too.
    @Test(arguments: [0, 0.2], [[1], [100], [1, 0.01], [100, 1, 1, 1]] as [[Double]])
    func quadratics(_ noise: Double, _ curvatures: [Double]) throws {
        for seed in 0..<10 {
            var weights = curvatures.map { 1 / $0.squareRoot() }
            var losses: [Double] = []
            for (step, rate) in Self.rates.enumerated() {
                let loss = zip(curvatures, weights).reduce(0) { $0 + $1.0 * $1.1 * $1.1 / 2 }
                losses.append(loss * (1 + noise * Self.noise(step, seed)))
                for place in weights.indices { weights[place] *= 1 - rate * curvatures[place] }
            }
            let search = Self.search(losses)
            let limit = try 2 / #require(curvatures.max())
            let suggestion = try #require(search.suggestion, "\(search)")
            // Flat directions fall fastest at rates for which a stiff one may have ended to fall.
            #expect(suggestion < limit && suggestion > 0.02 * limit, "\(suggestion), \(limit), \(search)")
        }
    }

    @Test func noSuggestionFromNoise() {
        for seed in 0..<10 {
            let search = Self.search((0..<100).map { 1 + 0.2 * Self.noise($0, seed) })
            #expect(search.suggestion == nil && search.basis == .noDescent, "\(search)")
            #expect(search.end == .highestRate && search.points.count == 100)
            #expect(search.reason.contains("has not fallen"))
        }
        // Nor from a loss that only rises.
        #expect(Self.search((0..<100).map { 1 + Double($0) / 100 }).basis == .noDescent)
    }

    @Test func growsAtOnce() {
        let search = Self.search((0..<100).map { pow(2, Double($0)) })
        #expect(search.end == .lossGrew && search.points.count < 10)
        #expect(search.suggestion == nil && search.basis == .tooShort && search.least == nil)
        #expect(search.reason.contains("begin with a lower rate"))
    }

    /// It ends where the smoothed loss is four times its least, and not before.
    @Test func fourTimesTheLeast() throws {
        var options = RateSearchOptions()
        options.smoothing = 0
        let losses = (0..<100).map { $0 < 80 ? 1.0 : $0 < 90 ? 3.99 : 4.01 }
        let search = Self.search(losses, options)
        #expect(search.end == .lossGrew && search.points.count == 91)
        // A loss may be below 0: from −2 on three times that much more.
        let negative = Self.search((0..<100).map { $0 < 80 ? -2.0 : 4.5 }, options)
        #expect(negative.points.count == 81)
    }

    @Test func endsWhereTheLossIsNoNumber() {
        var losses = (0..<100).map { 2 - Double($0) / 60 }
        losses[60] = .nan
        let search = Self.search(losses)
        #expect(search.end == .notFinite && search.points.count == 60)
        #expect(search.points.allSatisfy { $0.loss.isFinite } && search.suggestion != nil)
    }

    /// A fall that ends close behind where it is fastest: a tenth of the rate of the least loss is the suggestion. That rate
    /// is the last one, and the page says what that means.
    @Test func atTheEdge() throws {
        let search = Self.search((0..<100).map { $0 < 86 ? 1 : pow(0.8, Double($0 - 85)) })
        let steepest = try #require(search.steepest)
        #expect(search.least?.rate == 10 && steepest > 2 && steepest < 10)
        #expect(search.basis == .tenthOfLeast && search.suggestion == 1)
        #expect(
            search.reason.contains("near to where it stops falling")
                && search.reason.hasSuffix("it still fell at the last rate: a range to higher ones says more"),
            "\(search.reason)")
    }

    /// The window follows the number of steps: ten times as many give the same place.
    @Test func moreSteps() throws {
        func fall(_ rate: Double) -> Double { 1 / (1 + pow(rate / 1e-3, 2)) + 0.01 + rate * rate }
        let rates = Self.spread(1000)
        var options = RateSearchOptions()
        options.steps = 1000
        let (few, many) = (
            Self.search(Self.rates.map(fall)), Self.search(rates.map(fall), options, rates)
        )
        let (first, second) = try (#require(few.suggestion), #require(many.suggestion))
        // Smoothing looks back over ten steps, which are 0.8 decades of 100 steps and 0.08 of 1000.
        #expect(first > 1e-3 / 2 && first < 1e-2 && second > 1e-3 / 2 && second < 1e-2, "\(first) \(second)")
    }

    @Test func optionsHaveLimits() {
        func problem(_ change: (inout RateSearchOptions) -> Void) -> String? {
            var options = RateSearchOptions()
            change(&options)
            return options.problem
        }
        #expect(problem { _ in } == nil)
        for change in [
            { $0.lowest = 0 }, { $0.lowest = 10 }, { $0.highest = .infinity }, { $0.lowest = .nan },
            { $0.lowest = 1e-60 }, { $0.highest = 1e-8 },
        ] as [(inout RateSearchOptions) -> Void] {
            #expect(problem(change)?.hasPrefix("--max-lr must be above --min-lr") == true)
        }
        #expect(problem { $0.steps = 49 } == "--steps must be from 50 to 100000, is 49")
        #expect(problem { $0.smoothing = 1 } == "--smoothing must be at least 0 and below 1, is 1.0")
    }

    @Test func theTable() {
        let text = Self.search([0.5, 0.25] + Array(repeating: 0.25, count: 98)).csv
        let lines = text.split(separator: "\n")
        #expect(lines.count == 101 && lines[0] == "step,lr,loss,smoothed_loss")
        #expect(lines[1] == "1,1e-07,0.5,0.5" && lines[2].hasPrefix("2,") && lines[2].contains(",0.25,"))
    }
}
