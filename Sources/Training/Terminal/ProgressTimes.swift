import Glibc

/// The intervals between reports of progress, in seconds.
package struct ProgressTimes: Sendable, Equatable {
    /// How long work, other than training steps, goes unreported.
    package var patience = 2.0
    /// The interval between two drawings of a line on a terminal.
    package var drawing = 0.1
    /// The interval between two plain lines about the same work.
    package var plain = 30.0

    /// The standard intervals.
    package init() {
        #if FAULT_INJECTION
            // DTRAIN_PROGRESS_TIMES=PATIENCE:DRAWING:PLAIN, so that tests need not wait.
            guard let text = LineDevice.variable("DTRAIN_PROGRESS_TIMES") else { return }
            let given = text.split(separator: ":").compactMap { Double($0) }
            guard given.count == 3, given.allSatisfy({ $0 >= 0 && $0 <= 3600 }) else { return }
            (patience, drawing, plain) = (given[0], given[1], given[2])
        #endif
    }

    package init(patience: Double, drawing: Double, plain: Double) {
        (self.patience, self.drawing, self.plain) = (patience, drawing, plain)
    }
}
