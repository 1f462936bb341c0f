import Foundation

@testable import Training

/// A folder that sinks of a test write to, and events for them.
struct TemporaryRun {
    let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "dtrain-sinks-\(getpid())-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path(name))))
    }

    private static let pace = RunEvent.Pace(samplesPerSecond: 100.5, seconds: 0.25)

    static func step(_ step: Int, loss: Double = 0.5, lambda: Double? = nil) -> RunEvent {
        var event = RunEvent.Step(step: step, epoch: 1, loss: loss, learningRate: 0.1, pace: pace)
        event.curvature = lambda.map {
            RunEvent.Curvature(lambdaMax: $0, gradientCurvature: 1, gradientOverRate: 2)
        }
        return .step(event)
    }

    static func epoch(_ epoch: Int, accuracy: Double = 0.75, batch: Int? = nil) -> RunEvent {
        let evaluation = RunEvent.Evaluation(
            numbers: [NamedNumber(name: "loss", value: 1.5), NamedNumber(name: "accuracy", value: accuracy)],
            details: [.perClass(name: "recall", values: [0, 1])])
        var event = RunEvent.Epoch(
            epoch: epoch, step: 10 * epoch, trainingLoss: 0.25,
            evaluations: RunEvent.Evaluations(test: evaluation), learningRate: 0.1, pace: pace)
        event.batch = batch
        return .epoch(event)
    }
}
