import Foundation

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
            if let figure = Self.spectrum(diagnosis, title: "\(prefix)Spectrum of the Hessian") {
                section.figures.append(figure)
            }
        }
        let rows: [(String, (DiagnosisRecord) -> Double?)] = [
            ("loss", \.loss), ("norm of the gradient", \.gradientNorm), ("largest eigenvalue", \.lambdaMax),
            ("smallest eigenvalue", \.lambdaMin), ("trace", \.trace), ("condition", \.condition),
            ("learning rate", \.learningRate), ("largest stable learning rate", \.stableRate),
        ]
        let shares: [(String, (DiagnosisRecord) -> Double?)] = [
            ("eigenvalues above ε", \.minimumRatio), ("eigenvalues near 0", \.zeroRatio),
            ("eigenvalues below −ε", \.negativeRatio),
        ]
        func cells(_ rows: [(String, (DiagnosisRecord) -> Double?)], _ text: (Double) -> String) -> [[String]]
        {
            rows.map { name, value in [name] + found.map { value($0.1).map(text) ?? "–" } }
                .filter { $0.dropFirst().contains { $0 != "–" } }
        }
        if !found.isEmpty {
            section.tables = [
                Section.Table(
                    caption: "", head: [""] + found.map(\.0),
                    rows: cells(rows, NumberText.plain) + cells(shares, NumberText.percent))
            ]
        }
        return section
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
            diagnosis.spectrum == "dense" ? "All eigenvalues" : "Estimated from products with the Hessian"
        return picture.map { Section.Figure(title: title, legend: [], picture: $0, note: way + ".") }
    }
}
