import CSignals
import Glibc
import MPI

/// What this rank says of itself while it works: its line in memory that watchdogs read.
///
/// The thread that makes MPI calls writes, one or two plain stores per phase of a step; watchdogs look four times a
/// second, so the line stays in this rank's cache.
package final class RankActivity: @unchecked Sendable {
    /// Counts MPI calls that wait for other ranks, in the line.
    package let waits = WaitCount()
    /// The line, and what keeps its memory. Changed with the watchdog's lock held, by the thread that writes.
    private(set) var line: UnsafeMutableRawPointer
    private var page: WatchPage
    /// Seconds that operations have taken before the one under way, by their numbers; that one and when it began. For the
    /// thread that writes alone.
    private var spent = Array(repeating: 0.0, count: RankOperation.allCases.count)
    private var underWay: (operation: RankOperation, since: Double)

    /// An activity that begins with `operation`.
    package init(_ operation: RankOperation = .preparing) {
        underWay = (operation, Self.now)
        page = WatchPage(privateLines: 1)
        line = page.line(0)
        waits.move(to: line + 8 * RankState.Word.waits.rawValue, of: page)
        enter(operation)
    }

    /// Goes on in another page, with everything said so far.
    func move(to page: WatchPage, line number: Int) {
        let next = page.line(number)
        RankState(at: line).store(at: next)
        waits.move(to: next + 8 * RankState.Word.waits.rawValue, of: page)
        line = next
        self.page = page
    }

    /// Begins an operation, which ends where the next one begins.
    package func enter(_ operation: RankOperation, detail: Int = 0) {
        word(.operation).store(operation.rawValue | UInt64(truncatingIfNeeded: detail) << 8)
        let now = Self.now
        spent[Int(underWay.operation.rawValue)] += now - underWay.since
        underWay = (operation, now)
    }

    /// Seconds that this rank has been at an operation so far; for the thread that enters them.
    package func seconds(of operation: RankOperation) -> Double {
        spent[Int(operation.rawValue)] + (underWay.operation == operation ? Self.now - underWay.since : 0)
    }

    /// Seconds of a clock that only goes on; some 25 ns to read.
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

    /// Says that a part of the work is done where nothing else would show it.
    package func advance() { add(1, to: .progress) }

    /// Counts examples whose gradients this rank has computed.
    package func add(examples: Int) { add(UInt64(truncatingIfNeeded: examples), to: .examples) }

    /// Sets a word that the watchdog writes.
    func set(_ place: RankState.Word, _ value: UInt64) { word(place).store(value) }

    private func add(_ count: UInt64, to place: RankState.Word) {
        let flag = word(place)
        flag.store(flag.load() &+ count)
    }

    private func word(_ place: RankState.Word) -> SharedFlag { SharedFlag(at: line + 8 * place.rawValue) }
}
