import DataParallel
import Messages

/// What the page says beyond the verdict: symmetries, the ray and the error of gradients.
extension DiagnosisPage {
    var symmetries: [String] {
        guard let found = diagnosis.symmetries, !found.kinds.isEmpty else { return [] }
        let words = [
            "scaling": "a unit's weights scaled against the next layer's",
            "batch_norm_scale": "the length of weights before batch norm",
            "batch_norm_bias": "biases before batch norm",
            "softmax_shift": "all scores of softmax shifted alike",
        ]
        let list = found.kinds.filter { $0.explained > 0 }.map {
            "\(ProgressReporter.number(Double($0.explained))) of \(words[$0.name] ?? $0.name)"
        }
        var lines: [String] = []
        if found.claimed > 0 {
            lines.append(
                "of the zero eigenvalues at least \(ProgressReporter.number(Double(found.explained))) come from symmetries\(list.isEmpty ? "" : ": \(list.joined(separator: ", "))"); \(ProgressReporter.number(Double(found.verified))) of \(ProgressReporter.number(Double(found.claimed))) verified by a product\(found.checked < found.claimed ? " (\(found.checked), a sample, were tried)" : "")"
            )
        }
        let open = found.kinds.reduce(0) { $0 + $1.directions - $1.claimed }
        if open > 0 {
            lines.append(
                "\(ProgressReporter.number(Double(open))) more symmetries make zero eigenvalues at critical points alone, so none is claimed here"
            )
        }
        return lines
    }

    var ray: [String] {
        guard let ray = diagnosis.ray, ray.hasNoMinimum else { return [] }
        let values = zip(Diagnosis.Ray.factors, ray.losses).map { "\(text($1)) at \(text($0))θ" }
        let growth =
            ray.firstNorm.map { ", and ‖θ‖ has grown from \(text($0)) to \(text(diagnosis.weightNorm))" }
            ?? ""
        let end =
            diagnosis.decay > 0
            ? "the optimizer's weight decay is what ends it"
            : "weight decay or early stopping is what ends it"
        return [
            "the loss falls all along the weights, \(values.joined(separator: ", "))\(growth): there is no minimum on this ray as far as it was measured, only a limit; \(end)"
        ]
    }

    var batches: [String] {
        guard let error = diagnosis.gradientError else { return [] }
        var lines = [
            "the error of a gradient of n examples, root mean square over \(GradientError.draws) draws with replacement, against σ/√n; σ² = \(text(error.variance)), over \(counted(error.singles, "example"))",
            "n         error        σ/√n         ratio",
        ]
        for row in error.rows {
            lines.append(
                "\(String(row.examples).padding(10))\(text(row.error).padding(13))\(text(row.expected).padding(13))\(ProgressReporter.significant(row.error / row.expected, 3))"
            )
        }
        return lines
    }
}
