import Messages

/// What is known of a run that left no weights, such as one that diverged early.
package struct FailedRun: Sendable {
    let course: RunCourse
    let isDiverged: Bool
    let causes: FoundCauses

    private var because: String {
        isDiverged
            ? "the run diverged, and no weights are left to look around"
            : "the run left no weights to look around"
    }

    /// A JSON object on one line like that of a diagnosis, with null for what only weights tell.
    package var json: String {
        var line = JSONLine()
        line.add("verdict", Diagnosis.Verdict.undecided.rawValue)
        line.add("verdict_because", because)
        for name in ["loss", "gradient_norm", "lambda_max", "lambda_min", "minimum_ratio"] {
            line.addNull(name)
        }
        line.add(causes)
        return line.line
    }

    /// The same as text.
    package var page: String {
        var lines = PageText.row("verdict", ["undecided", "since \(because)"])
        lines += PageText.row("findings", PageText.findings(causes))
        var run = "\(counted(course.steps, "step")) logged"
        if let first = course.firstLoss {
            run += ", the first loss \(ProgressReporter.significant(first, 4))"
        }
        lines += PageText.row("the run", [run])
        return lines.joined(separator: "\n") + "\n"
    }
}
