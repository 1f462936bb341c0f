import Foundation

/// What a range test of the learning rate has found: the losses of steps whose rate rises from nearly nothing until the
/// loss grows. (Smith, "Cyclical Learning Rates for Training Neural Networks", WACV 2017, section 3.3.)
///
/// With losses L₁, L₂, ... of the steps the smoothed loss is s_t/(1 − βᵗ), where s_t = β s_{t−1} + (1 − β) L_t. The test
/// ends where the smoothed loss is four times its least. Of the rest the first tenth of the steps counts for nothing but
/// the loss at the start: few losses make those means.
///
/// The suggestion is the rate at which the smoothed loss falls fastest by the logarithm of the rate, the slope of a line
/// through fifteen hundredths of the steps; unless that is more than twice a tenth of the rate of the least loss, which is
/// suggested then.
///
/// Example: a loss that halves with every step from the fiftieth on, and grows from the seventieth on.
///
///     var options = RateSearchOptions()
///     options.steps = 100
///     let rates = (0..<100).map { pow(10, Double($0) / 10 - 8) }
///     let losses = (0..<100).map { $0 < 50 ? 1 : $0 < 70 ? pow(0.5, Double($0 - 50)) : Double($0 - 69) }
///     let search = RateSearch(rates: rates, losses: losses, options: options)
///     search.basis                        // .steepestDescent
///     search.end                          // .lossGrew
public struct RateSearch: Sendable, Equatable {
    /// A step: its rate, and the mean loss of its mini-batch before it.
    public struct Point: Sendable, Equatable {
        public let rate: Double
        public let loss: Double
        /// The smoothed loss.
        public let smoothedLoss: Double
    }

    /// How the test has ended.
    public enum End: String, Sendable {
        /// With the highest rate.
        case highestRate = "highest_rate"
        /// The smoothed loss was four times its least.
        case lossGrew = "loss_grew"
        /// The loss or the gradient was not finite; that step is not among the points.
        case notFinite = "not_finite"
    }

    /// What the suggestion rests on.
    public enum Basis: String, Sendable {
        /// The rate at which the loss falls fastest.
        case steepestDescent = "steepest_descent"
        /// A tenth of the rate of the least loss.
        case tenthOfLeast = "tenth_of_least"
        /// The loss grew so soon that nothing can be said.
        case tooShort = "too_short"
        /// The loss has not fallen by more than mini-batches differ.
        case noDescent = "no_descent"
    }

    /// The steps in their order, by ascending rate.
    public let points: [Point]
    public let end: End
    /// The suggested rate; nil where there is none.
    public let suggestion: Double?
    public let basis: Basis
    /// The rate at which the smoothed loss falls fastest; nil where it does not fall.
    public let steepest: Double?
    /// The least smoothed loss behind the first tenth of the steps; nil where the test was too short.
    public let least: Point?

    /// How many times its least the smoothed loss may be.
    static let mostGrowth = 4.0

    /// Looks at the losses of steps up to where the test ends; losses behind that are not read.
    ///
    /// - Parameters:
    ///   - rates: The rates of all steps of the test, ascending.
    ///   - losses: The losses of the steps that were taken; at one that is not finite the test ends.
    public init(rates: [Double], losses: [Double], options: RateSearchOptions) {
        var course = RateCourse(smoothing: options.smoothing)
        for (rate, loss) in zip(rates, losses) where course.end == nil { course.add(rate, loss) }
        self.init(course, steps: rates.count)
    }

    /// Looks at a course of so many planned steps.
    init(_ course: RateCourse, steps: Int) {
        let points = course.points
        self.points = points
        end = course.end ?? .highestRate
        let (first, reach) = (steps / 10, max(2, steps * 7 / 100))
        guard points.count > first + 2 * reach,
            let bottom = points.indices.dropFirst(first).min(by: {
                points[$0].smoothedLoss < points[$1].smoothedLoss
            })
        else {
            (suggestion, basis, steepest, least) = (nil, .tooShort, nil, nil)
            return
        }
        least = points[bottom]
        let slopes = (first + reach..<points.count - reach).filter { $0 <= bottom }.map { place in
            (place: place, slope: Self.slope(points, at: place, reach: reach))
        }
        let steep = slopes.min { $0.slope < $1.slope }.flatMap { $0.slope < 0 ? $0.place : nil }
        let start = points[..<first].reduce(0) { $0 + $1.loss } / Double(first)
        guard let steep, start - points[bottom].smoothedLoss > Self.noise(points[...bottom]) else {
            (suggestion, basis, steepest) = (nil, .noDescent, nil)
            return
        }
        let (found, tenth) = (points[steep].rate, points[bottom].rate / 10)
        let isBelow = found <= 2 * tenth
        steepest = found
        suggestion = isBelow ? found : tenth
        basis = isBelow ? .steepestDescent : .tenthOfLeast
    }

    /// Σ k y_k / Σ k² over the smoothed losses y_k up to `reach` steps around one: by how much they rise with a step.
    private static func slope(_ points: [Point], at place: Int, reach: Int) -> Double {
        var (sum, squares) = (0.0, 0.0)
        for k in -reach...reach {
            sum += Double(k) * points[place + k].smoothedLoss
            squares += Double(k * k)
        }
        return sum / squares
    }

    /// √(mean (L_{t+1} − L_t)² / 2): how much the loss of a mini-batch differs from the next one's.
    private static func noise(_ points: ArraySlice<Point>) -> Double {
        let squares = zip(points, points.dropFirst()).map { ($1.loss - $0.loss) * ($1.loss - $0.loss) }
        return (squares.reduce(0, +) / Double(2 * max(1, squares.count))).squareRoot()
    }
}

/// The losses of a range test so far, and whether it has ended.
struct RateCourse {
    private(set) var points: [RateSearch.Point] = []
    /// How it has ended; nil while it goes on.
    private(set) var end: RateSearch.End?
    private let smoothing: Double
    /// s_t and βᵗ.
    private var (sum, power) = (0.0, 1.0)
    /// The least smoothed loss.
    private var least = Double.infinity

    init(smoothing: Double) { self.smoothing = smoothing }

    /// Takes the loss of a step.
    mutating func add(_ rate: Double, _ loss: Double) {
        guard loss.isFinite else { return stop() }
        sum = smoothing * sum + (1 - smoothing) * loss
        power *= smoothing
        let smoothed = sum / (1 - power)
        points.append(RateSearch.Point(rate: rate, loss: loss, smoothedLoss: smoothed))
        least = min(least, smoothed)
        // Four times the least of losses above 0.
        if smoothed - least > (RateSearch.mostGrowth - 1) * abs(least) { end = .lossGrew }
    }

    /// Ends it at a step that was not finite.
    mutating func stop() { end = .notFinite }
}
