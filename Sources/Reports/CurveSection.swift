import Foundation
import Training

/// The section of curves: how numbers changed during training.
struct CurveSection {
    let runs: [RunRecord]

    /// The section, with those charts that have data.
    var section: Section {
        var section = Section(title: "Curves", anchor: "curves")
        var charts = [losses]
        charts += metricNames.map(metric)
        charts += [
            steps("Learning rate", { $0.learningRate }),
            steps("Norm of the gradient", { $0.gradientNorm }, logarithmicFrom: 20),
            steps("Gradient noise scale, in examples", { $0.noiseScale }, logarithmicFrom: 20),
            steps("Squared norm of the gradient without noise", { $0.squaredGradientNorm }),
            steps("Largest eigenvalue of the mini-batch's Hessian", { $0.curvature?.lambdaMax }),
            steps(
                "Covariate shift of a step, mean over layers", { $0.meanCovariateShift }, logarithmicFrom: 20),
            steps("Radius of the trust region", { $0.newton?.radius }, logarithmicFrom: 20),
            steps("Products with the Hessian in a step", { $0.newton.map { Double($0.products) } }),
            steps("Training examples a second", { $0.pace.samplesPerSecond }),
        ]
        section.figures = charts.compactMap { Section.Figure($0) }
        section.folded = runs.compactMap(epochTable)
        return section
    }

    /// The colour of a run's curves or, with a single run, of a set's.
    private func color(_ run: Int, _ set: Int) -> Int { (runs.count > 1 ? run : set) % PageStyle.colors }

    private func name(_ run: RunRecord, _ what: String) -> String {
        runs.count > 1 ? "\(run.name) \(what)" : what
    }

    private static let sets:
        [(name: String, stroke: Curve.Stroke, of: @Sendable (RunEvent.Evaluations) -> RunEvent.Evaluation?)] =
            [
                ("training", .solid, { $0.training }), ("validation", .dashed, { $0.validation }),
                ("test", .dotted, { $0.test }),
            ]

    private var losses: Chart {
        var curves: [Curve] = []
        for (place, run) in runs.enumerated() {
            if runs.count == 1 {
                curves.append(
                    Curve(
                        "mini-batch", color: color(place, 0), stroke: .faint,
                        run.steps.map { .init(x: Double($0.step), y: $0.loss) }))
            }
            curves.append(
                Curve(
                    name(run, "training"), color: color(place, 0),
                    run.epochs.map { .init(x: Double($0.step), y: $0.trainingLoss) }))
            for (number, set) in Self.sets.enumerated().dropFirst() {
                curves.append(
                    Curve(
                        name(run, set.name), color: color(place, number), stroke: set.stroke,
                        run.evaluations.compactMap { epoch in
                            set.of(epoch.evaluations)?.loss.map { .init(x: Double(epoch.step), y: $0) }
                        }))
            }
            // Before the end of the first epoch only steps are known.
            if runs.count > 1, run.epochs.isEmpty {
                curves.append(
                    Curve(
                        name(run, "mini-batch"), color: color(place, 0), stroke: .faint,
                        run.steps.map { .init(x: Double($0.step), y: $0.loss) }))
            }
        }
        return Chart(title: "Loss", across: "step", curves: curves, logarithmicFrom: 30)
    }

    /// The metrics of any run and set, except the loss, in order of appearance.
    private var metricNames: [String] {
        var names: [String] = []
        for run in runs {
            for epoch in run.evaluations {
                for set in Self.sets {
                    for number in set.of(epoch.evaluations)?.numbers ?? []
                    where number.name != "loss" && !names.contains(number.name) {
                        names.append(number.name)
                    }
                }
            }
        }
        return names
    }

    /// How the page writes metrics whose names are not words.
    private static let words = ["r2": "R²", "mae": "mean absolute error", "f1": "F1"]

    private func metric(_ metric: String) -> Chart {
        let curves = runs.enumerated().flatMap { place, run in
            Self.sets.enumerated().map { number, set in
                Curve(
                    name(run, set.name), color: color(place, number), stroke: set.stroke,
                    run.evaluations.compactMap { epoch in
                        set.of(epoch.evaluations)?.value(of: metric).map {
                            .init(x: Double(epoch.step), y: $0)
                        }
                    })
            }
        }
        let words = Self.words[metric] ?? metric.replacingOccurrences(of: "_", with: " ")
        return Chart(title: words.prefix(1).uppercased() + words.dropFirst(), across: "step", curves: curves)
    }

    private func steps(
        _ title: String, _ value: (RunEvent.Step) -> Double?, logarithmicFrom: Double? = nil
    ) -> Chart {
        let curves = runs.enumerated().map { place, run in
            Curve(
                runs.count > 1 ? run.name : title, color: color(place, 0),
                run.steps.compactMap { step in value(step).map { .init(x: Double(step.step), y: $0) } })
        }
        return Chart(title: title, across: "step", curves: curves, logarithmicFrom: logarithmicFrom)
    }

    /// A table of a run's epochs with exact numbers.
    private func epochTable(_ run: RunRecord) -> Section.Table? {
        guard !run.epochs.isEmpty else { return nil }
        let columns = ["training", "validation", "test"]
        var names: [String] = []
        let rows = run.epochs.map { epoch in
            zip(columns, Self.sets).flatMap { column, set in
                (set.of(epoch.evaluations)?.numbers ?? []).map { ("\(column) \($0.name)", $0.value) }
            }
        }
        for (name, _) in rows.joined() where !names.contains(name) { names.append(name) }
        let cells = zip(run.epochs, rows).map { epoch, numbers -> [String] in
            let found = names.map { name in numbers.first { $0.0 == name }?.1 }
            let first = [String(epoch.epoch), String(epoch.step), NumberText.plain(epoch.trainingLoss)]
            let middle = found.map { $0.map(NumberText.plain) ?? "–" }
            return first + middle + [epoch.learningRate.map { NumberText.plain($0) } ?? ""]
        }
        return Section.Table(
            caption: runs.count > 1 ? "The epochs of \(run.name)" : "The epochs",
            head: ["epoch", "step", "training loss"] + names + ["learning rate"], rows: cells)
    }
}
