import Messages

/// A range test with what was trained in it: its page and its JSON.
package struct RateSearchReport: Sendable {
    /// What the test has found.
    package let search: RateSearch
    /// How it was made.
    let options: RateSearchOptions
    /// The optimizer's name.
    let optimizer: String
    /// The seed of the run.
    let seed: UInt64
    /// Examples of a step, and of the training set.
    let batch: Int
    let examples: Int
    /// Trained elements of the model.
    let parameters: Int

    /// The result as one JSON object on one line: no times, paths or numbers of ranks. `curve` holds the rate and the
    /// smoothed loss of each step, `loss` the losses of the mini-batches.
    package var json: String {
        var line = JSONLine()
        if let suggestion = search.suggestion {
            line.add("suggestion", suggestion)
        } else {
            line.addNull("suggestion")
        }
        line.add("basis", search.basis.rawValue)
        line.add("because", search.reason)
        line.add("steepest_descent", search.steepest)
        line.add("least_loss", search.least?.smoothedLoss)
        line.add("least_loss_lr", search.least?.rate)
        line.add("tenth_of_least", search.least.map { $0.rate / 10 })
        line.add("end", search.end.rawValue)
        line.add("steps", search.points.count)
        line.add("planned_steps", options.steps)
        line.add("min_lr", options.lowest)
        line.add("max_lr", options.highest)
        line.add("smoothing", options.smoothing)
        line.add("optimizer", optimizer)
        line.add("batch", batch)
        line.add("examples", examples)
        line.add("parameters", parameters)
        line.add("seed", Int(clamping: seed))
        line.add("curve", search.points.map { [$0.rate, $0.smoothedLoss] })
        line.add("loss", search.points.map(\.loss))
        return line.line
    }

    /// What was trained, in words.
    package var subject: String {
        "\(optimizer), \(counted(ProgressReporter.number(Double(batch)), "example")) a step"
    }

    /// The result as text.
    ///
    /// - Parameter output: The folder of its files; nil for none.
    package func page(output: String?) -> String {
        func text(_ value: Double) -> String { RateSearch.text(value) }
        let range = "rates from \(text(options.lowest)) to \(text(options.highest))"
        var rows = [
            ("optimizer", subject),
            ("steps", "\(search.points.count) of \(options.steps), \(range): \(search.endText)"),
        ]
        if let least = search.least, let first = search.points.first {
            let (at, most) = (RateSearch.text(first.loss, 4), RateSearch.text(least.smoothedLoss, 4))
            rows.append(("loss", "\(at) at first, smoothed at least \(most), with rate \(text(least.rate))"))
        }
        let found = search.suggestion.map(text) ?? "none"
        rows.append(("suggestion", "\(found): \(search.reason)"))
        if search.suggestion != nil { rows.append(("use it", "--set optimizer.lr=\(found)")) }
        if let output {
            let (picture, table) = (RateSearchFolder.pictureName, RateSearchFolder.tableName)
            rows.append(("files", "\(output)/\(picture), and \(table) beside it"))
        }
        return rows.map { row in
            row.0 + String(repeating: " ", count: max(1, 12 - row.0.count)) + row.1 + "\n"
        }.joined()
    }
}
