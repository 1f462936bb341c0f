/// The course of a run, from its metrics, as far as findings need it.
struct RunCourse: Sendable, Equatable, Codable {
    /// Steps so far.
    var steps = 0
    /// The first loss that was logged.
    var firstLoss: Double?
    /// The mean loss of the last tenth of the logged steps, of three at least; nil where one is not finite.
    var lastLoss: Double?
    /// The mean loss of each quarter of the logged steps; empty of few.
    var quarters: [Double] = []
    /// How much the loss falls, by a straight line, per unit of Σ rate: in the first and in the second half of Σ rate.
    var earlyFall: Double?
    var lateFall: Double?
    /// The highest rate, of those logged and the configuration's.
    var highestRate = 0.0
    /// Σ rate of the steps ÷ the highest rate: so many steps at the highest rate go as far as the run did.
    var fullSteps = 0
    /// Whether the last loss is not finite.
    var isDiverged = false
    /// The training loss of the last epoch.
    var epochLoss: Double?
    /// The test loss, or validation loss without a test set, averaged over a quarter of the epochs in a row, as a
    /// single epoch's may be low by chance: its lowest and its last value. Nil for few epochs.
    var bestTestLoss: Double?
    var lastTestLoss: Double?
    /// A parameter whose gradient exploded while training went on, and when.
    var explosion: Explosion?

    /// A gradient far above its own usual size.
    struct Explosion: Sendable, Equatable, Codable {
        var parameter: String
        var step: Int
        var rootMeanSquare: Double
    }

    /// A course that tests write.
    init() {}

    /// The course of these events; nil where no step was logged.
    ///
    /// - Parameter rate: The configuration's rate.
    init?(_ events: [RunEvent], rate: Double) {
        let logged = events.compactMap { if case .step(let step) = $0 { step } else { nil } }
        let epochs = events.compactMap { if case .epoch(let epoch) = $0 { epoch } else { nil } }
        guard let last = logged.last else { return nil }
        steps = max(last.step, epochs.last?.step ?? 0)
        firstLoss = logged.first { $0.loss.isFinite }?.loss
        isDiverged = !last.loss.isFinite || epochs.last.map { !$0.trainingLoss.isFinite } ?? false
        let tail = logged.suffix(max(3, logged.count / 10)).map(\.loss)
        lastLoss = isDiverged || !tail.allSatisfy({ abs($0) < Self.largest }) ? nil : Self.mean(tail)
        let losses = logged.map(\.loss)
        if losses.count >= Self.fewestLogged, losses.allSatisfy({ abs($0) < Self.largest }) {
            quarters = (0..<4).map { quarter in
                Self.mean(losses[losses.count * quarter / 4..<losses.count * (quarter + 1) / 4])
            }
            (earlyFall, lateFall) = Self.falls(logged)
        }
        let rates = logged.compactMap(\.learningRate).filter(\.isFinite)
        highestRate = max(rate, rates.max() ?? 0)
        if rates.isEmpty {
            // An optimizer without a rate takes all its steps in full.
            fullSteps = steps
        } else if highestRate > 0 {
            fullSteps = Int((Self.mean(rates) / highestRate * Double(steps)).rounded())
        }
        epochLoss = epochs.last.flatMap { $0.trainingLoss.isFinite ? $0.trainingLoss : nil }
        let tests = epochs.compactMap { ($0.evaluations.test ?? $0.evaluations.validation)?.loss }
            .filter { abs($0) < Self.largest }
        let window = tests.count / 4
        if tests.count >= Self.fewestLogged {
            let means = (0...tests.count - window).map { Self.mean(tests[$0..<$0 + window]) }
            (bestTestLoss, lastTestLoss) = (means.min(), means.last)
        }
        for case .gradients(let found) in events where explosion == nil && found.finding == .exploding {
            explosion = Explosion(
                parameter: found.parameter, step: found.step,
                rootMeanSquare: found.rootMeanSquare.isFinite
                    ? found.rootMeanSquare : .greatestFiniteMagnitude)
        }
    }

    /// The fewest logged steps for quarters and falls, and epochs for test losses.
    private static let fewestLogged = 8
    /// Losses up to which their sums are finite.
    private static let largest = 1e200

    private static func mean(_ values: some Collection<Double>) -> Double {
        values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    }

    /// Minus the slope of the loss over Σ rate, by least squares, in both halves.
    private static func falls(_ logged: [RunEvent.Step]) -> (early: Double?, late: Double?) {
        var sum = 0.0
        let points = logged.map { step in
            // Steps of an optimizer without a rate count alike.
            let rate = step.learningRate ?? 1
            sum += rate.isFinite ? rate : 0
            return (x: sum, y: step.loss)
        }
        func fall(_ points: [(x: Double, y: Double)]) -> Double? {
            guard points.count >= 3 else { return nil }
            let (x, y) = (mean(points.map(\.x)), mean(points.map(\.y)))
            let square = points.reduce(0) { $0 + ($1.x - x) * ($1.x - x) }
            let slope = points.reduce(0) { $0 + ($1.x - x) * ($1.y - y) } / square
            return slope.isFinite ? -slope : nil
        }
        return (fall(points.filter { $0.x <= sum / 2 }), fall(points.filter { $0.x > sum / 2 }))
    }

    /// Whether the loss still falls nearly as fast as in the beginning, counted by Σ rate, or has hardly fallen at all.
    var stillFalls: Bool {
        if let earlyFall, let lateFall, lateFall > 0, lateFall >= Self.straight * earlyFall { return true }
        guard let firstLoss, let lastLoss else { return false }
        return firstLoss - lastLoss <= Self.hardly * abs(firstLoss)
    }

    /// The part of the early fall from which on the late one counts as no slower: a curve that bends has a far smaller one.
    private static let straight = 0.3
    /// The part of the first loss up to which a fall is hardly one.
    private static let hardly = 0.1

    /// Whether the loss has stopped falling: its last quarter is less than a tenth below the third.
    var isOnPlateau: Bool { quarters.count == 4 && quarters[3] >= 0.9 * quarters[2] }
}
