import Foundation
import Training

/// The section on the loss around a run's weights.
struct DiagnosisSection {
    let runs: [RunRecord]

    /// The section; empty where no run was diagnosed.
    var section: Section {
        var section = Section(title: "The loss around the weights", anchor: "diagnosis")
        let found = runs.compactMap { run in run.diagnosis.map { (run.name, $0) } }
        for (name, diagnosis) in found {
            let prefix = runs.count > 1 ? "\(name): " : ""
            section.facts.append(
                .init(
                    name: "\(prefix)verdict",
                    value:
                        "\(diagnosis.verdict.replacingOccurrences(of: "_", with: " ")), since \(diagnosis.because)"
                ))
            section.facts += Self.findings(diagnosis, prefix)
            if let figure = Self.spectrum(diagnosis, title: "\(prefix)Spectrum of the Hessian") {
                section.figures.append(figure)
            }
        }
        let rows: [(name: String, text: (DiagnosisRecord) -> String?)] = [
            ("loss", { Self.text($0.loss) }),
            ("norm of the gradient", { Self.text($0.gradientNorm) }),
            ("largest eigenvalue", { Self.text($0.lambdaMax) }),
            ("smallest eigenvalue", { Self.text($0.lambdaMin) }),
            ("trace", { Self.text($0.trace) }),
            (
                "condition",
                { found in Self.text(found.condition).map { found.isDense ? $0 : "at least \($0)" } }
            ),
            ("learning rate", { Self.text($0.learningRate) }),
            ("largest stable learning rate", { Self.text($0.stableRate) }),
            ("eigenvalues above ε", { Self.share($0.minimumRatio, $0.minimumRatioRange) }),
            ("eigenvalues near 0", { Self.share($0.zeroRatio, $0.zeroRatioRange) }),
            (
                "zero eigenvalues that symmetries explain, at least",
                { $0.symmetries.flatMap { $0.claimed > 0 ? String($0.explained) : nil } }
            ),
            ("eigenvalues below −ε", { Self.share($0.negativeRatio, $0.negativeRatioRange) }),
        ]
        if !found.isEmpty {
            section.tables = [
                Section.Table(
                    caption: "", head: [""] + found.map(\.0),
                    rows: rows.map { row in [row.name] + found.map { row.text($0.1) ?? "–" } }
                        .filter { $0.dropFirst().contains { $0 != "–" } })
            ]
        }
        return section
    }

    /// What is to blame and which key to change; nothing where nobody has looked for it.
    private static func findings(_ diagnosis: DiagnosisRecord, _ prefix: String) -> [Section.Fact] {
        guard let findings = diagnosis.findings else { return [] }
        let name = "\(prefix)to blame"
        if findings.isEmpty { return [.init(name: name, value: "nothing that was measured")] }
        return findings.map { found in
            .init(
                name: name,
                value:
                    "\(found.finding.replacingOccurrences(of: "_", with: " ")): \(found.evidence). Change \(found.key)."
            )
        }
    }

    private static func text(_ value: Double?) -> String? { value.map(NumberText.plain) }

    /// A share of all eigenvalues, with its bounds if it is not exact.
    private static func share(_ share: Double?, _ range: [Double]?) -> String? {
        guard let share else { return nil }
        guard let range, range.count == 2, range[0] < range[1] else { return NumberText.percent(share) }
        guard range[1] - range[0] <= Diagnosis.Share.widestKnown else { return "unknown" }
        return
            "\(NumberText.percent(share)) (\(NumberText.percent(range[0])) to \(NumberText.percent(range[1])))"
    }

    /// Bars of the share of eigenvalues by value, on a logarithmic vertical axis because most eigenvalues are near 0.
    private static func spectrum(_ diagnosis: DiagnosisRecord, title: String) -> Section.Figure? {
        let nodes = (diagnosis.density ?? []).filter { $0.count == 2 && $0[0].isFinite && $0[1] > 0 }
        guard let least = nodes.map({ $0[0] }).min(), let most = nodes.map({ $0[0] }).max() else {
            return nil
        }
        let room = max(most - least, abs(most), 1e-300) * 0.02
        let count = 48
        var bars = Array(repeating: 0.0, count: count)
        let (low, width) = (least - room, (most - least + 2 * room) / Double(count))
        for node in nodes { bars[min(count - 1, Int((node[0] - low) / width))] += node[1] }
        let picture = BarChart(
            title: title, across: "eigenvalue", lowest: low, width: width, bars: bars, isLogarithmic: true
        ) { place in
            let from = low + width * Double(place)
            return
                "\(NumberText.plain(from)) to \(NumberText.plain(from + width)): \(NumberText.percent(bars[place])) of all"
        }.svg
        let way =
            diagnosis.isDense ? "All eigenvalues" : "Estimated from products with the Hessian"
        return picture.map { Section.Figure(title: title, legend: [], picture: $0, note: way + ".") }
    }
}
