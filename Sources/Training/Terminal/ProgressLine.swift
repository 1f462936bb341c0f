import Cluster
import Foundation
import Glibc
import Synchronization

/// The only place where a process reports what it is doing: on a terminal in a line that is redrawn, elsewhere in plain
/// lines that begin with the time since the start.
///
/// Work calls it with how much is done, and it decides by the clock whether to print; for work that cannot do that a
/// thread reports (`during`). Ranks other than 0 and quiet programs have one without a device, which prints nothing.
/// Any thread may write lines.
package final class ProgressLine: Sendable {
    private struct State {
        /// Whether a line is drawn that the next one replaces.
        var isDrawn = false
        /// When a line was last drawn, or a plain one with a time written; initially when the first one could have
        /// been.
        var last: Double
    }

    private let device: LineDevice?
    private let redraws: Bool
    /// The intervals between reports.
    let times: ProgressTimes
    /// The system's uptime in seconds when the program started.
    let start: Double
    /// The system's uptime in seconds.
    let now: @Sendable () -> Double
    private let state: Mutex<State>

    /// - Parameters:
    ///   - device: Where lines go; nil for nowhere.
    ///   - start: The system's uptime when the program started, in seconds.
    package init(
        _ device: LineDevice?, start: Double, times: ProgressTimes = ProgressTimes(),
        now: @escaping @Sendable () -> Double = { ProcessInfo.processInfo.systemUptime }
    ) {
        self.device = device
        self.start = start
        self.times = times
        self.now = now
        redraws = device?.columns() != nil
        state = Mutex(State(last: redraws ? -.infinity : now()))
    }

    /// Prints nothing.
    package static var silent: ProgressLine { ProgressLine(nil, start: 0) }

    /// Whether nothing is printed.
    var isSilent: Bool { device == nil }

    /// Whether enough time has passed since the last drawing, or the last plain line with a time, to report again.
    package var isDue: Bool {
        guard device != nil else { return false }
        return now() - state.withLock { $0.last } >= (redraws ? times.drawing : times.plain)
    }

    /// Writes a line that stays, in place of the line that is drawn.
    ///
    /// - Parameter isTimed: Whether a plain line begins with the time since the start.
    package func line(_ text: String, isTimed: Bool = false) {
        guard let device else { return }
        let time = isTimed && !redraws ? "\(TimeText.stamp(now() - start)) " : ""
        state.withLock { state in
            device.write((state.isDrawn ? LineDevice.erasing : "") + time + text + "\n")
            state.isDrawn = false
            if isTimed { state.last = now() }
        }
    }

    /// Draws the line again, or writes a plain line.
    package func show(_ status: StatusLine) {
        guard let device else { return }
        guard redraws else { return line(status.plain, isTimed: true) }
        let text = status.text(columns: device.columns() ?? 80, color: device.usesColor)
        state.withLock { state in
            // The cursor stays at the start of the line, so that other output overwrites it.
            device.write("\r\(text)\u{1b}[K\r")
            state.isDrawn = true
            state.last = now()
        }
    }

    /// Erases the line that is drawn.
    func erase() {
        guard let device else { return }
        state.withLock { state in
            guard state.isDrawn else { return }
            device.write(LineDevice.erasing)
            state.isDrawn = false
        }
    }

    /// When work is reported next.
    ///
    /// - Parameters:
    ///   - began: When the work began.
    ///   - told: When it was last reported; nil if it was not yet.
    func next(began: Double, told: Double?) -> Double {
        told.map { $0 + (redraws ? times.drawing : times.plain) } ?? began + times.patience
    }

    /// Does work that reports nothing itself; if it takes long, a thread reports that it is being done.
    ///
    /// - Parameter what: The work, as in "loading data.csv".
    package func during<T>(_ what: String, _ work: () throws -> T) rethrows -> T {
        guard device != nil else { return try work() }
        let ending = DispatchSemaphore(value: 0)
        let began = now()
        // If no thread can be created, work without reports.
        let thread = try? PosixThread.start(for: .thread("progress line")) { [self] in
            var wait = times.patience
            var isTold = false
            while ending.wait(timeout: .now() + wait) == .timedOut {
                var status = StatusLine()
                status.add(what, rank: 1)
                if redraws { status.add(TimeText.clock(now() - began), rank: 0) }
                show(status)
                isTold = true
                wait = redraws ? max(times.drawing, 0.5) : max(times.plain, 0.01)
            }
            if isTold { erase() }
        }
        defer {
            ending.signal()
            if let thread { pthread_join(thread, nil) }
        }
        return try work()
    }
}
