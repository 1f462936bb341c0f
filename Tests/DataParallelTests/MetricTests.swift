import DataParallel
import Datasets
import Foundation
import Layers
import Optimizers
import ReplicaSupport
import Testing

/// Metrics of evaluation against scikit-learn, however examples are cut into batches and shards.
@Suite(.serialized) struct MetricTests {
    /// Evaluates data whose features are the scores, by a dense layer with the identity as its weights.
    private func totals(
        _ data: Dataset, _ loss: Loss, _ metrics: [Metric]?, batch: Int, shards: Int, workers: Int = 1
    ) throws -> Evaluator.Totals {
        let width = data.exampleShape[0]
        let harness = try ReplicaHarness(
            [Linear(width, bias: false)] as Sequential, data: data, loss: loss, rule: GradientRecorder(),
            batch: batch, shards: shards, workers: workers)
        try harness.state.set([(0..<width * width).map { $0 % (width + 1) == 0 ? 1 : 0 }])
        return try harness.evaluate(0..<data.count, metrics: metrics, batch: batch)
    }

    private static let cuts = [(53, 1, 1), (53, 8, 2), (7, 3, 1), (16, 5, 3)]

    @Test(arguments: cuts)
    func classes(batch: Int, shards: Int, workers: Int) throws {
        for test in try MetricData.load().classes {
            let tops = try test.top.keys.sorted().map { try #require(Metric(name: $0)) }
            let found = try totals(
                test.dataset(), test.scores[0].count == 1 ? .hinge() : .crossEntropy,
                [.accuracy, .confusionMatrix, .precision, .recall, .f1] + tops, batch: batch, shards: shards,
                workers: workers)
            #expect(found.count == test.labels.count)
            #expect(found.value(of: "accuracy") == test.accuracy)
            #expect(found.classes?.confusion == test.confusion_matrix)
            for (metric, mean, perClass) in [
                (Metric.precision, test.precision, test.precision_per_class),
                (.recall, test.recall, test.recall_per_class), (.f1, test.f1, test.f1_per_class),
            ] {
                #expect(abs(try #require(found.value(of: metric)) - mean) <= 1e-15, "\(metric)")
                let values = try #require(found.perClass(metric))
                #expect(zip(values, perClass).allSatisfy { abs($0 - $1) <= 1e-15 }, "\(metric)")
                #expect(values.count == perClass.count)
            }
            #expect(test.name == "two" || tops.count == 5)
            for (name, value) in test.top { #expect(found.value(of: name) == value, "\(name)") }
            // The counts of each class are those of the matrix.
            let counts = try totals(
                test.dataset(), .crossEntropyOrSign(test), [.f1], batch: batch, shards: shards
            ).classes
            #expect(counts?.confusion == nil && counts?.right == found.classes?.right)
            #expect(counts?.predicted == found.classes?.predicted)
            #expect(counts?.present == found.classes?.present)
        }
    }

    @Test(arguments: cuts)
    func values(batch: Int, shards: Int, workers: Int) throws {
        for test in try MetricData.load().values {
            let found = try totals(
                test.dataset(), .meanSquaredError, nil, batch: batch, shards: shards, workers: workers)
            #expect(found.metrics == [.r2, .mae] && found.accuracy == nil)
            let (r2, mae) = try (#require(found.value(of: "r2")), #require(found.value(of: "mae")))
            #expect(abs(r2 - test.r2) <= 1e-12 * max(1, abs(test.r2)), "\(test.name)")
            #expect(abs(mae - test.mae) <= 1e-14 * max(1, test.mae), "\(test.name)")
        }
    }

    /// Metrics of a program's own, beside all others, so that none has another's place.
    @Test(arguments: cuts)
    func custom(batch: Int, shards: Int, workers: Int) throws {
        let own = CustomMetric.ofClasses("own", higherIsBetter: true) { scores, label in
            scores.indices.allSatisfy {
                $0 == label || scores[$0] < scores[label] || ($0 > label && scores[$0] == scores[label])
            }
                ? 1 : 0
        }
        let width = CustomMetric.ofClasses("width", higherIsBetter: true) { scores, _ in Double(scores.count)
        }
        for test in try MetricData.load().classes where test.scores[0].count > 1 {
            let found = try totals(
                test.dataset(), .crossEntropy, [.custom(own), .accuracy, .custom(width), .f1], batch: batch,
                shards: shards, workers: workers)
            #expect(
                found.value(of: "own") == test.accuracy
                    && found.value(of: Metric.custom(own)) == test.accuracy)
            #expect(found.value(of: "width") == Double(test.scores[0].count))
            #expect(abs(try #require(found.value(of: "f1")) - test.f1) <= 1e-15)
        }
        let error = CustomMetric.ofValues("error", higherIsBetter: false) { estimates, targets in
            zip(estimates, targets).reduce(0) { $0 + abs(Double($1.0) - Double($1.1)) }
                / Double(targets.count)
        }
        for test in try MetricData.load().values {
            let found = try totals(
                test.dataset(), .meanSquaredError, [.r2, .custom(error), .mae], batch: batch, shards: shards,
                workers: workers)
            let value = try #require(found.value(of: "error"))
            #expect(abs(value - test.mae) <= 1e-14 * max(1, test.mae), "\(test.name)")
            #expect(abs(try #require(found.value(of: "r2")) - test.r2) <= 1e-12 * max(1, abs(test.r2)))
            #expect(throws: ModelDataError.self) {
                try totals(
                    test.dataset(), .meanSquaredError, [.custom(own)], batch: batch, shards: shards)
            }
        }
    }

    /// The mean over all examples is weighted as a whole, not batch by batch.
    @Test(arguments: cuts)
    func weightedLoss(batch: Int, shards: Int, workers: Int) throws {
        let test = try MetricData.load().classes[0]
        let weights = [0.5, 2, 1, 0, 3, 1]
        let found = try totals(
            test.dataset(), .crossEntropy(classWeights: weights), nil, batch: batch, shards: shards)
        var (sum, weight) = (0.0, 0.0)
        for (scores, label) in zip(test.scores, test.labels) {
            let row = scores.map(Double.init)
            let logSum = log(row.map { exp($0) }.reduce(0, +))
            sum += weights[Int(label)] * (logSum - row[Int(label)])
            weight += weights[Int(label)]
        }
        #expect(found.weight == weight && found.metrics == [.accuracy])
        #expect(abs(found.loss - sum / weight) <= 1e-6 * found.loss)
        #expect(found.value(of: "loss") == found.loss)
    }

    /// Of equal scores the first counts.
    @Test func ties() throws {
        let data = try Dataset(
            name: "ties", features: [1, 1, 0, 1, 1, 0, 0, 5, 5, 5, 5, 5] as [Float], exampleShape: [3],
            labels: .classes([0, 1, 1, 2], count: 3))
        let metrics = [Metric.topAccuracy(1), .topAccuracy(2), .confusionMatrix]
        let found = try totals(data, .crossEntropy, metrics, batch: 4, shards: 2)
        #expect(found.accuracy == 0.5 && found.value(of: "top_1_accuracy") == 0.5)
        #expect(found.value(of: "top_2_accuracy") == 0.75)
        #expect(found.classes?.confusion == [[1, 0, 0], [1, 1, 0], [1, 0, 0]])
    }

    @Test func metricsThatDoNotFit() throws {
        let data = try MetricData.load()
        let (classes, values) = try (data.classes[0].dataset(), data.values[0].dataset())
        func message(_ data: Dataset, _ loss: Loss, _ metric: Metric) -> String {
            do {
                _ = try totals(data, loss, [metric], batch: 53, shards: 1)
                return ""
            } catch { return "\(error)" }
        }
        #expect(
            message(classes, .crossEntropy, .r2)
                == "evaluation.metrics: r2 needs numeric targets, the data has class labels; choose among accuracy, top_5_accuracy, confusion_matrix, precision, recall, f1, perplexity, loss"
        )
        #expect(
            message(values, .meanSquaredError, .f1)
                == "evaluation.metrics: f1 needs class labels, the data has numeric targets; choose among r2, mae, loss"
        )
        #expect(message(classes, .crossEntropy, .topAccuracy(7)).contains("top_7_accuracy needs a choice"))
    }

    @Test func namesAndDirections() {
        for metric in Metric.names { #expect(Metric(name: metric)?.name == metric) }
        #expect(Metric(name: "top_17_accuracy") == .topAccuracy(17))
        for wrong in ["", "top__accuracy", "top_0_accuracy", "top_-1_accuracy", "top_05_accuracy", "acc"] {
            #expect(Metric(name: wrong) == nil, "\(wrong)")
        }
        #expect(
            Metric.names.filter { Metric(name: $0)?.isHigherBetter == false } == [
                "mae", "perplexity", "loss",
            ])
    }
}

extension Loss {
    fileprivate static func crossEntropyOrSign(_ test: MetricData.Classes) -> Loss {
        test.scores[0].count == 1 ? .binaryCrossEntropy() : .crossEntropy
    }
}
