import Messages

extension RateSearch {
    /// Why the suggestion is what it is, or why there is none, as one sentence without a full stop.
    public var reason: String {
        switch basis {
        case .steepestDescent:
            guard let steepest, let least else { return "" }
            let tenth = least.rate / 10
            let check =
                steepest < tenth / 10
                ? "is \(Self.text(tenth / steepest, 2)) times as high, so that higher rates may be worth a trial"
                : "agrees within a factor of 10"
            return
                "the smoothed loss falls fastest there; a tenth of the rate of the least loss, \(Self.text(tenth)), \(check)\(rangeText)"
        case .tenthOfLeast:
            guard let steepest, let least else { return "" }
            return
                "a tenth of the rate of the least loss, \(Self.text(least.rate)): the smoothed loss falls fastest at \(Self.text(steepest)), which is near to where it stops falling\(rangeText)"
        case .tooShort:
            return
                "the loss grew within \(counted(points.count, "step")), too few to tell anything: begin with a lower rate"
        case .noDescent:
            return
                "the loss has not fallen by more than that of a mini-batch differs from the next one's: take larger mini-batches, more steps or a higher last rate, or find out why it does not fall"
        }
    }

    /// A note on a range that was too short; empty if it was not.
    private var rangeText: String {
        guard end == .highestRate, let least, least == points.last else { return "" }
        return "; it still fell at the last rate: a range to higher ones says more"
    }

    /// How the test has ended, in words.
    var endText: String {
        let last = points.last.map { Self.text($0.rate) } ?? ""
        return switch end {
        case .highestRate: "the last one"
        case .lossGrew: "stopped at \(last), where the smoothed loss was four times its least"
        case .notFinite: "stopped behind \(last), where the loss was not finite any more"
        }
    }

    /// A row for each step, each number the shortest decimal that reads back as the same.
    package var csv: String {
        points.enumerated().reduce("step,lr,loss,smoothed_loss\n") { text, row in
            text + "\(row.offset + 1),\(row.element.rate),\(row.element.loss),\(row.element.smoothedLoss)\n"
        }
    }

    static func text(_ value: Double, _ digits: Int = 3) -> String {
        ProgressReporter.significant(value, digits)
    }
}
