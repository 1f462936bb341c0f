import Messages

/// Work that says of itself how far it is, told of where it takes long. It asks the clock when a part is done, and for no
/// more; for the thread that works.
package final class CountedWork {
    private let line: ProgressLine
    private let what: String
    private let unit: String
    private let isEstimate: Bool
    private let began: Double
    private var told: Double?

    /// - Parameters:
    ///   - what: The work, as in "evaluating test".
    ///   - unit: What is counted, in the singular.
    ///   - isEstimate: Whether it may end before, or after, all that are expected.
    package init(_ what: String, _ unit: String, isEstimate: Bool = false, on line: ProgressLine) {
        self.what = what
        self.unit = unit
        self.isEstimate = isEstimate
        self.line = line
        began = line.now()
    }

    /// So many parts are done, of so many.
    package func advance(_ done: Int, of total: Int) {
        guard !line.isSilent else { return }
        let now = line.now()
        guard done < total || isEstimate, now >= line.next(began: began, told: told) else { return }
        told = now
        line.show(status(done, of: total, seconds: now - began))
    }

    /// The work is done.
    package func end() {
        if told != nil { line.erase() }
    }

    private func status(_ done: Int, of total: Int, seconds: Double) -> StatusLine {
        var status = StatusLine()
        status.add(what, rank: 3)
        status.addBar(Double(done) / Double(max(1, total)), rank: 0)
        let all = ProgressReporter.number(Double(total))
        status.add(
            "\(ProgressReporter.number(Double(done))) of \(isEstimate ? "about " : "")\(counted(all, unit))",
            rank: 1)
        if done > 0, done < total {
            let left = seconds / Double(done) * Double(total - done)
            status.add("\(TimeText.clock(left)) left", rank: 2)
        }
        return status
    }
}
