import MPI

/// What this rank says of itself while it works, for its watchdog to pass on.
///
/// The thread that makes MPI calls writes, one or two plain stores per phase of a step into a cache line that no
/// other process touches; a watchdog copies it four times a second.
package final class RankActivity: @unchecked Sendable {
    /// Counts MPI calls that wait for other ranks.
    package let waits = WaitCount()
    private let memory: UnsafeMutableRawPointer

    private enum Word: Int { case progress, step, operation, examples }

    /// An activity that begins with `operation`.
    package init(_ operation: RankOperation = .preparing) {
        memory = PrivateMemory.allocate(64)
        enter(operation)
    }

    deinit { PrivateMemory.free(memory, 64) }

    /// Begins an operation, which ends where the next one begins.
    package func enter(_ operation: RankOperation, detail: Int = 0) {
        word(.operation).store(operation.rawValue | UInt64(truncatingIfNeeded: detail) << 8)
    }

    /// Begins the optimizer step with this number, counted from 1 over the whole run.
    package func begin(step: Int) {
        word(.step).store(UInt64(truncatingIfNeeded: step))
        enter(.computing)
    }

    /// Says that a part of the work is done where nothing else would show it.
    package func advance() { add(1, to: .progress) }

    /// Counts examples whose gradients this rank has computed.
    func add(examples: Int) { add(UInt64(truncatingIfNeeded: examples), to: .examples) }

    /// The words that this class keeps.
    var state: RankState {
        var state = RankState()
        state.progress = word(.progress).load()
        state.step = word(.step).load()
        state.operationWord = word(.operation).load()
        state.waits = waits.value
        state.examples = word(.examples).load()
        return state
    }

    private func add(_ count: UInt64, to place: Word) {
        let flag = word(place)
        flag.store(flag.load() &+ count)
    }

    private func word(_ place: Word) -> SharedFlag { SharedFlag(at: memory + 8 * place.rawValue) }
}
