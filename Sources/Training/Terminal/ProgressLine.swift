import Cluster
import Foundation
import Glibc
import Synchronization

/// The one place where a process says what it is at: on a terminal in a line that is drawn anew, elsewhere in plain lines with
/// the time since the start in front.
///
/// Work tells it how far it is and asks the clock; work that cannot is told of by a thread (`during`). Ranks other than 0, and
/// programs that are to be quiet, have one without a device, which says nothing. Lines may come from any thread.
package final class ProgressLine: Sendable {
    private struct State {
        /// Whether a line is drawn that the next one takes the place of.
        var isDrawn = false
        /// When a line was last drawn, or a plain one written with a time; in the beginning when the first one could have been.
        var last: Double
    }

    private let device: LineDevice?
    private let redraws: Bool
    /// How often things are told.
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

    /// Says nothing.
    package static var silent: ProgressLine { ProgressLine(nil, start: 0) }

    /// Whether lines go anywhere.
    var isSilent: Bool { device == nil }

    /// Whether so much time has passed since the last drawing, or since the last plain line with a time, that how far steps
    /// are is to be told again.
    var isDue: Bool {
        guard device != nil else { return false }
        return now() - state.withLock { $0.last } >= (redraws ? times.drawing : times.plain)
    }

    /// Writes a line that stays, in place of the one that is drawn.
    ///
    /// - Parameter isTimed: Whether a plain one has the time since the start in front.
    func line(_ text: String, isTimed: Bool = false) {
        guard let device else { return }
        let time = isTimed && !redraws ? "\(TimeText.stamp(now() - start)) " : ""
        state.withLock { state in
            device.write((state.isDrawn ? LineDevice.erasing : "") + time + text + "\n")
            state.isDrawn = false
            if isTimed { state.last = now() }
        }
    }

    /// Draws a line anew, or writes a plain one.
    func show(_ status: StatusLine) {
        guard let device else { return }
        guard redraws else { return line(status.plain, isTimed: true) }
        let text = status.text(columns: device.columns() ?? 80, color: device.usesColor)
        state.withLock { state in
            // The cursor stays at the beginning, so that what others write takes the line's place.
            device.write("\r\(text)\u{1b}[K\r")
            state.isDrawn = true
            state.last = now()
        }
    }

    /// Takes away the line that is drawn.
    func erase() {
        guard let device else { return }
        state.withLock { state in
            guard state.isDrawn else { return }
            device.write(LineDevice.erasing)
            state.isDrawn = false
        }
    }

    /// When work that began then, and was last told of then, is told of next.
    ///
    /// - Parameter told: Nil where it was not told of yet.
    func next(began: Double, told: Double?) -> Double {
        told.map { $0 + (redraws ? times.drawing : times.plain) } ?? began + times.patience
    }

    /// Does work that says nothing of itself; where it takes long a thread tells that it is under way.
    ///
    /// - Parameter what: The work, as in "loading data.csv".
    package func during<T>(_ what: String, _ work: () throws -> T) rethrows -> T {
        guard device != nil else { return try work() }
        let ending = DispatchSemaphore(value: 0)
        let began = now()
        // A thread that cannot be had is no reason not to work.
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
