import Messages

/// Work that reports how much of it is done, if it takes long. It reads the clock only when a part is done. For the
/// working thread only.
package final class CountedWork {
    private let line: ProgressLine
    private let what: String
    private let unit: String
    private let isEstimate: Bool
    private let began: Double
    private var told: Double?

    /// - Parameters:
    ///   - what: The work, as in "evaluating test".
    ///   - unit: The unit of its parts, in the singular.
    ///   - isEstimate: Whether the number of parts is only an estimate.
    package init(_ what: String, _ unit: String, isEstimate: Bool = false, on line: ProgressLine) {
        self.what = what
        self.unit = unit
        self.isEstimate = isEstimate
        self.line = line
        began = line.now()
    }

    /// Reports that `done` of `total` parts are done.
    package func advance(_ done: Int, of total: Int) {
        guard !line.isSilent else { return }
        let now = line.now()
        guard done < total || isEstimate, now >= line.next(began: began, told: told) else { return }
        told = now
        line.show(status(done, of: total, seconds: now - began))
    }

    /// Reports that the work is done.
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
