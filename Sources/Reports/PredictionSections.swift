import Foundation
import Messages
import Training

/// Sections on the final weights' predictions for the test set: which classes are confused, how often the model is
/// right by how sure it is, how large the errors of estimates are.
struct PredictionSections {
    let runs: [RunRecord]

    /// A section for each run with predictions.
    var sections: [Section] {
        runs.enumerated().compactMap { place, run in
            guard let predictions = run.predictions else { return nil }
            let name = runs.count > 1 ? ": \(run.name)" : ""
            var section = Section(
                title: "The test set by example\(name)",
                anchor: runs.count > 1 ? "predictions-\(place + 1)" : "predictions")
            if let confusion = Confusion(predictions) {
                addClasses(confusion, predictions, of: run, to: &section)
            } else if let targets = predictions.targets, targets.count == predictions.outputs.count {
                addResiduals(predictions, targets, to: &section)
            }
            return section.isEmpty ? nil : section
        }
    }

    // MARK: Classes

    private func addClasses(
        _ confusion: Confusion, _ predictions: RunPredictions, of run: RunRecord, to section: inout Section
    ) {
        func name(_ place: Int) -> String {
            run.classNames.flatMap { $0.indices.contains(place) ? $0[place] : nil } ?? String(place)
        }
        if let picture = confusion.svg(name) {
            section.figures.append(
                Section.Figure(
                    title: "Which classes were taken for which", legend: [], picture: picture,
                    note:
                        "True classes in rows, said classes in columns; the darker, the larger the part of the row."
                ))
        }
        section.figures += [Self.reliability(predictions)].compactMap { $0 }
        let frequent = confusion.frequent(Self.mostPairs)
        if !frequent.isEmpty {
            section.tables.append(
                Section.Table(
                    caption: "The most frequent confusions",
                    head: ["true class", "said class", "examples", "of the class"],
                    rows: frequent.map { pair, count in
                        [
                            name(pair.label), name(pair.said), String(count),
                            NumberText.percent(Double(count) / Double(max(1, confusion.present(pair.label)))),
                        ]
                    }))
            addPictures(frequent.map(\.pair), predictions, of: run, name, to: &section)
        }
        let perClass = Section.Table(
            caption: "Every class", head: ["class", "examples", "precision", "recall", "F1"],
            rows: (0..<confusion.classes).map { place in
                [name(place), String(confusion.present(place))]
                    + [confusion.precision(place), confusion.recall(place), confusion.f1(place)].map {
                        $0.map(NumberText.percent) ?? "–"
                    }
            })
        if confusion.classes <= Self.mostShown {
            section.tables.append(perClass)
        } else {
            section.folded.append(perClass)
        }
        if confusion.classes <= Self.mostShown {
            section.folded.append(
                Section.Table(
                    caption: "The confusion matrix in numbers",
                    head: ["true class"] + (0..<confusion.classes).map(name),
                    rows: confusion.counts.enumerated().map { [name($0)] + $1.map(String.init) }))
        }
    }

    private static let mostPairs = 12
    private static let mostShown = 40

    /// Adds for each pair the example of which the model was most sure.
    private func addPictures(
        _ pairs: [Confusion.Pair], _ predictions: RunPredictions, of run: RunRecord, _ name: (Int) -> String,
        to section: inout Section
    ) {
        guard let source = run.testData, let classes = predictions.classes, let labels = predictions.labels
        else { return }
        let images: ExampleImages
        do { images = try ExampleImages(source, count: predictions.count) } catch {
            if case .because(let reason) = error { section.notes.append(reason) }
            return
        }
        var surest: [Confusion.Pair: (row: Int, confidence: Double)] = [:]
        for row in 0..<predictions.count where classes[row] != labels[row] {
            let pair = Confusion.Pair(label: Int(labels[row]), said: Int(classes[row]))
            let confidence = predictions.confidence(row) ?? 0
            if confidence > surest[pair]?.confidence ?? -1 { surest[pair] = (row, confidence) }
        }
        section.gallery = pairs.compactMap { pair in
            surest[pair].map { found in
                let sure = predictions.confidence(found.row).map { ", \(NumberText.percent($0)) sure" } ?? ""
                return Section.Picture(
                    address: images.address(ofRow: found.row),
                    caption: "\(name(pair.label)) taken for \(name(pair.said))\(sure)",
                    description: "Example \(found.row): \(name(pair.label)) taken for \(name(pair.said))")
            }
        }
    }

    /// How often the model is right, by how sure it is (Guo et al., "On Calibration of Modern Neural Networks", 2017).
    private static func reliability(_ predictions: RunPredictions) -> Section.Figure? {
        guard let classes = predictions.classes, let labels = predictions.labels,
            predictions.confidence(0) != nil
        else { return nil }
        let bins = 10
        var (counts, right) = (Array(repeating: 0, count: bins), Array(repeating: 0, count: bins))
        var sums = Array(repeating: 0.0, count: bins)
        for row in 0..<predictions.count {
            guard let confidence = predictions.confidence(row), confidence.isFinite else { continue }
            let bin = min(bins - 1, Int(confidence * Double(bins)))
            counts[bin] += 1
            sums[bin] += confidence
            if classes[row] == labels[row] { right[bin] += 1 }
        }
        let shares = (0..<bins).map { counts[$0] > 0 ? Double(right[$0]) / Double(counts[$0]) : 0 }
        let all = Double(max(1, counts.reduce(0, +)))
        let gap = (0..<bins).reduce(0) { $0 + abs(Double(right[$1]) - sums[$1]) } / all
        let title = "How often it is right, by how sure it is"
        let chart = BarChart(
            title: title, across: "probability that the model gives its class", lowest: 0,
            width: 1 / Double(bins),
            bars: shares, reaches: 1, hasDiagonal: true
        ) { bin in
            "\(counted(counts[bin], "example")) at \(10 * bin) to \(10 * bin + 10) %: \(NumberText.percent(shares[bin])) are right"
        }
        return chart.svg.map { picture in
            Section.Figure(
                title: title, legend: [], picture: picture,
                note:
                    "On the dashed line probabilities are what they say. The mean distance from it, the expected calibration error, is \(NumberText.percent(gap))."
            )
        }
    }

    // MARK: Numbers

    private func addResiduals(_ predictions: RunPredictions, _ targets: [Float], to section: inout Section) {
        let width = predictions.width
        var rows: [[String]] = []
        for output in 0..<min(width, Self.mostOutputs) {
            let pairs = (0..<predictions.count).map { row in
                (
                    target: Double(targets[row * width + output]),
                    said: Double(predictions.outputs[row * width + output])
                )
            }.filter { $0.target.isFinite && $0.said.isFinite }
            guard !pairs.isEmpty else { continue }
            let name = width > 1 ? " of output \(output)" : ""
            section.figures += [
                ScatterPlot(
                    title: "Estimates\(name) against targets", across: "target",
                    pairs: pairs.map { ($0.target, $0.said) },
                    hasDiagonal: true
                ).figure,
                ScatterPlot(
                    title: "Residuals\(name) by estimate", across: "estimate",
                    pairs: pairs.map { ($0.said, $0.target - $0.said) }, hasDiagonal: false
                ).figure,
            ].compactMap { $0 }
            rows.append([String(output), String(pairs.count)] + Self.errors(pairs).map(NumberText.plain))
        }
        guard !rows.isEmpty else { return }
        section.tables = [
            Section.Table(
                caption: "",
                head: [
                    "output", "examples", "mean absolute error", "root mean square error", "mean error", "R²",
                ],
                rows: rows)
        ]
    }

    /// The mean absolute error, the root mean square error, the mean error and R² (NaN where all targets are equal).
    private static func errors(_ pairs: [(target: Double, said: Double)]) -> [Double] {
        let count = Double(pairs.count)
        let mean = pairs.reduce(0) { $0 + $1.target } / count
        var (absolute, squared, signed, deviation) = (0.0, 0.0, 0.0, 0.0)
        for pair in pairs {
            let error = pair.said - pair.target
            absolute += abs(error)
            squared += error * error
            signed += error
            deviation += (pair.target - mean) * (pair.target - mean)
        }
        let r2 = deviation > 0 ? 1 - squared / deviation : .nan
        return [absolute / count, (squared / count).squareRoot(), signed / count, r2]
    }

    private static let mostOutputs = 6
}
