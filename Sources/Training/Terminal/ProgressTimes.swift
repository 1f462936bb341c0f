import Glibc

/// How often progress is told, in seconds.
package struct ProgressTimes: Sendable, Equatable {
    /// After which work that is under way is told of, other than steps of training.
    package var patience = 2.0
    /// Between two drawings of a line on a terminal.
    package var drawing = 0.1
    /// Between two plain lines of the same work.
    package var plain = 30.0

    /// The times that programs go by.
    package init() {
        #if FAULT_INJECTION
            // DTRAIN_PROGRESS_TIMES=PATIENCE:DRAWING:PLAIN, so that tests need not wait.
            guard let text = LineDevice.variable("DTRAIN_PROGRESS_TIMES") else { return }
            let given = text.split(separator: ":").compactMap { Double($0) }
            guard given.count == 3, given.allSatisfy({ $0 >= 0 && $0 <= 3600 }) else { return }
            (patience, drawing, plain) = (given[0], given[1], given[2])
        #endif
    }

    /// These times.
    package init(patience: Double, drawing: Double, plain: Double) {
        (self.patience, self.drawing, self.plain) = (patience, drawing, plain)
    }
}
