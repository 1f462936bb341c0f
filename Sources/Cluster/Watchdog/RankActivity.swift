import CSignals
import Glibc
import MPI

/// What this rank shows of itself while it works: a line in memory that watchdogs read.
///
/// The thread that makes MPI calls writes one or two plain words per phase of a step; watchdogs look only four times a
/// second, so the line stays in this rank's cache.
package final class RankActivity: @unchecked Sendable {
    /// Counts MPI calls that wait for other ranks, in the line.
    package let waits = WaitCount()
    /// The line, and the page that keeps its memory. The writing thread changes them, with the watchdog's lock held.
    private(set) var line: UnsafeMutableRawPointer
    private var page: WatchPage
    /// Seconds spent in earlier operations, by their numbers, then the current operation and its start. Only the
    /// writing thread uses them.
    private var spent = Array(repeating: 0.0, count: RankOperation.allCases.count)
    private var underWay: (operation: RankOperation, since: Double)

    package init(_ operation: RankOperation = .preparing) {
        underWay = (operation, Self.now)
        page = WatchPage(privateLines: 1)
        line = page.line(0)
        waits.move(to: line + 8 * RankState.Word.waits.rawValue, of: page)
        enter(operation)
    }

    /// Continues in another page, with everything written so far.
    func move(to page: WatchPage, line number: Int) {
        let next = page.line(number)
        RankState(at: line).store(at: next)
        waits.move(to: next + 8 * RankState.Word.waits.rawValue, of: page)
        line = next
        self.page = page
    }

    /// Begins an operation and ends the one before it.
    package func enter(_ operation: RankOperation, detail: Int = 0) {
        word(.operation).store(operation.rawValue | UInt64(truncatingIfNeeded: detail) << 8)
        let now = Self.now
        spent[Int(underWay.operation.rawValue)] += now - underWay.since
        underWay = (operation, now)
    }

    /// Seconds that this rank has spent in an operation so far; for the writing thread.
    package func seconds(of operation: RankOperation) -> Double {
        spent[Int(operation.rawValue)] + (underWay.operation == operation ? Self.now - underWay.since : 0)
    }

    /// Seconds of a monotonic clock; reading it takes some 25 ns.
    private static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// Begins the optimizer step with this number, counted from 1 over the whole run.
    package func begin(step: Int) {
        word(.step).store(UInt64(truncatingIfNeeded: step))
        dt_crash_set_step(UInt64(truncatingIfNeeded: step))
        enter(.computing)
    }

    /// Shows that a part of the work is done, for work that shows nothing else.
    package func advance() { add(1, to: .progress) }

    /// Counts examples whose gradients this rank has computed.
    package func add(examples: Int) { add(UInt64(truncatingIfNeeded: examples), to: .examples) }

    /// Sets a word that belongs to the watchdog.
    func set(_ place: RankState.Word, _ value: UInt64) { word(place).store(value) }

    private func add(_ count: UInt64, to place: RankState.Word) {
        let flag = word(place)
        flag.store(flag.load() &+ count)
    }

    private func word(_ place: RankState.Word) -> SharedFlag { SharedFlag(at: line + 8 * place.rawValue) }
}
