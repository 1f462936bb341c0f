/// The course of a run up to now, from its metrics.jsonl.
public struct RunHistory: Codable, Sendable, Equatable {
    /// The most steps whose losses are kept.
    static let lastSteps = 10

    /// Losses of the last logged steps, in order.
    public let losses: [Double]
    /// The gradient's norm at the first logged step and at the last.
    public let firstGradientNorm: Double?
    public let lastGradientNorm: Double?
    /// The learning rate of the last logged step.
    public let rate: Double?
    /// The highest learning rate of the steps that were logged.
    public let highestRate: Double?
    /// The mean losses of the last epoch.
    public let trainingLoss: Double?
    public let testLoss: Double?
    public let validationLoss: Double?

    /// Reads the metrics of a run's folder; nil where there are none.
    init?(folder: String) {
        guard let events = try? MetricsFile.events(ofRunIn: folder) else {
            return nil
        }
        let steps = events.compactMap { if case .step(let step) = $0 { step } else { nil } }
        guard let last = steps.last else { return nil }
        losses = steps.suffix(Self.lastSteps).map(\.loss).filter(\.isFinite)
        let norms = steps.compactMap(\.gradientNorm).filter(\.isFinite)
        firstGradientNorm = norms.first
        lastGradientNorm = norms.last
        func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
        rate = finite(last.learningRate)
        highestRate = steps.compactMap(\.learningRate).filter(\.isFinite).max()
        let epoch = events.lazy.compactMap { if case .epoch(let epoch) = $0 { epoch } else { nil } }.last
        trainingLoss = finite(epoch?.trainingLoss)
        testLoss = finite(epoch?.evaluations.test?.loss)
        validationLoss = finite(epoch?.evaluations.validation?.loss)
    }
}
