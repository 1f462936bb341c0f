import Layers
import Testing
import Training

@testable import Configuration

/// The keys `loss` and `evaluation`.
@Suite struct LossTests {
    static let forms: [(text: String, loss: Loss, yaml: String)] = [
        ("cross_entropy", .crossEntropy, "cross_entropy"),
        ("{name: cross_entropy}", .crossEntropy, "cross_entropy"),
        ("{name: cross_entropy, class_weights: null}", .crossEntropy, "cross_entropy"),
        (
            "{name: cross_entropy, label_smoothing: 0.1}", .crossEntropy(labelSmoothing: 0.1),
            "{name: cross_entropy, label_smoothing: 0.1}"
        ),
        (
            "{name: cross_entropy, class_weights: [1, 2.5, 0]}", .crossEntropy(classWeights: [1, 2.5, 0]),
            "{name: cross_entropy, class_weights: [1, 2.5, 0]}"
        ),
        ("{name: mse, reduction: mean}", .meanSquaredError, "mse"),
        (
            "{name: mse, reduction: sum_outputs}", .squaredError(reduction: .sumOutputs),
            "{name: mse, reduction: sum_outputs}"
        ),
        (
            "{name: huber, delta: 0.5, reduction: sum_outputs}", .huber(delta: 0.5, reduction: .sumOutputs),
            "{name: huber, delta: 0.5, reduction: sum_outputs}"
        ),
        ("mse", .meanSquaredError, "mse"), ("l1", .meanAbsoluteError, "l1"),
        ("huber", .huber(), "{name: huber, delta: 1}"),
        ("{name: huber, delta: 0.5}", .huber(delta: 0.5), "{name: huber, delta: 0.5}"),
        ("smooth_l1", .smoothL1(), "{name: smooth_l1, beta: 1}"),
        ("{name: smooth_l1, beta: 2}", .smoothL1(beta: 2), "{name: smooth_l1, beta: 2}"),
        ("hinge", .hinge(), "{name: hinge, margin: 1}"),
        ("{name: hinge, margin: 0.25}", .hinge(margin: 0.25), "{name: hinge, margin: 0.25}"),
        ("binary_cross_entropy", .binaryCrossEntropy(), "binary_cross_entropy"),
        (
            "{name: binary_cross_entropy, pos_weight: 3}", .binaryCrossEntropy(positiveWeights: [3]),
            "{name: binary_cross_entropy, pos_weight: 3}"
        ),
        (
            "{name: binary_cross_entropy, pos_weight: [3, 0.5]}",
            .binaryCrossEntropy(positiveWeights: [3, 0.5]),
            "{name: binary_cross_entropy, pos_weight: [3, 0.5]}"
        ),
    ]

    @Test(arguments: forms)
    func losses(_ text: String, _ loss: Loss, _ yaml: String) throws {
        let run = try read(small + "loss: \(text)")
        #expect(run.loss == loss)
        #expect(run.yaml.contains("\nloss: \(yaml)\n"))
        #expect(try read(run.yaml) == run)
    }

    @Test func optionsTellLossesApart() throws {
        let all = try Self.forms.map { try read(small + "loss: \($0.text)").loss }
        #expect(Set(all).count == 16)
        #expect(Set(all.map(\.name)) == Set(Vocabulary.standard.losses.names))
    }

    @Test func metrics() throws {
        #expect(try read(small).settings.metrics == nil)
        #expect(try read(small + "evaluation: {}").settings.metrics == nil)
        #expect(try read(small).line("evaluation") == "{train: false}")
        let all =
            "accuracy, top_5_accuracy, top_12_accuracy, confusion_matrix, precision, recall, f1, r2, mae, loss"
        let run = try read(small + "evaluation: {metrics: [\(all)]}")
        #expect(
            run.settings.metrics == [
                .accuracy, .topAccuracy(5), .topAccuracy(12), .confusionMatrix, .precision, .recall, .f1, .r2,
                .mae, .loss,
            ])
        #expect(run.yaml.contains("\nevaluation: {metrics: [\(all)], train: false}\n"))
        #expect(try read(run.yaml) == run)
        #expect(try read(small + "evaluation: {metrics: []}").settings.metrics == [])
    }
}
