import Foundation

/// How a run came to where it is, from its metrics.jsonl.
public struct RunHistory: Codable, Sendable, Equatable {
    /// Steps that were logged last, at most.
    static let lastSteps = 10

    /// Losses of the last logged steps, in order.
    public let losses: [Double]
    /// The gradient's norm at the first logged step and at the last.
    public let firstGradientNorm: Double?
    public let lastGradientNorm: Double?
    /// The learning rate of the last logged step.
    public let rate: Double?
    /// The losses of the last epoch.
    public let trainingLoss: Double?
    public let testLoss: Double?
    public let validationLoss: Double?

    private struct Line: Decodable {
        let event: String
        let loss: Double?
        let lr: Double?
        let gradient_norm: Double?
        let train_loss: Double?
        let test_loss: Double?
        let validation_loss: Double?
    }

    /// Reads the metrics of a run's folder; nil where there are none.
    init?(folder: String) {
        guard let text = try? String(contentsOfFile: "\(folder)/\(RunFolder.metricsName)", encoding: .utf8)
        else { return nil }
        let decoder = JSONDecoder()
        let lines = text.split(separator: "\n").compactMap { line in
            try? decoder.decode(Line.self, from: Data(line.utf8))
        }
        let steps = lines.filter { $0.event == "step" }
        guard let last = steps.last else { return nil }
        losses = steps.suffix(Self.lastSteps).compactMap(\.loss)
        firstGradientNorm = steps.lazy.compactMap(\.gradient_norm).first
        lastGradientNorm = steps.last { $0.gradient_norm != nil }?.gradient_norm
        rate = last.lr
        let epoch = lines.last { $0.event == "epoch" }
        trainingLoss = epoch?.train_loss
        testLoss = epoch?.test_loss
        validationLoss = epoch?.validation_loss
    }
}
