import Glibc
import Synchronization

/// Keeps other runs out of a folder, on file systems of every kind.
///
/// Two mechanisms work together:
/// - A kernel lock on the file `.lock`: flock, or F_OFD_SETLK where the file system has no flock. It ends with the
///   process.
/// - A lease in the file `.lease`, which every run renews every few seconds. On file systems without locks it is the
///   only protection. Elsewhere it shows the run to runs that got another kind of lock or none, as two hosts that share
///   a file system may.
///
/// A run with a kernel lock takes over a lease of the same kind at once, because having the lock shows that the lease's
/// owner is gone.
///
/// A lease that is not renewed expires, so a run that was stopped or cut off may lose it: it asks `holds` before it
/// writes anything that counts. A thread of the owner has to call `renew`.
package final class FolderLock: Sendable {
    /// What keeps others out.
    package enum Mechanism: String, Sendable {
        case flock
        case openFile = "open_file"
        case lease
    }

    package let mechanism: Mechanism
    /// Why there is no kernel lock; nil if there is one.
    package let missing: SystemError?
    package let times: LockTimes
    private let file: LeaseFile
    private let state: Mutex<State>
    /// Whether the lock is known to be lost, and the bits of the time of the last renewal. They are atomic so that they
    /// can be read while a look at a slow file system holds the state's lock.
    private let isLost = Atomic<Bool>(false)
    private let renewedAt = Atomic<UInt64>(Monotonic.seconds.bitPattern)

    private struct State {
        var kernel: KernelLock?
        var record: LeaseRecord
        /// The open lease file; -1 if none could be made and the kernel lock has to do.
        var descriptor: Int32
        var isReleased = false
    }

    init(
        _ kernel: KernelLock?, missing: SystemError?, file: LeaseFile, record: LeaseRecord, descriptor: Int32,
        times: LockTimes
    ) {
        mechanism = record.mechanism
        self.missing = missing
        self.file = file
        self.times = times
        state = Mutex(State(kernel: kernel, record: record, descriptor: descriptor))
    }

    deinit { release() }

    /// Shows other runs that this one is alive; call it every `times.renewal` seconds.
    package func renew() { state.withLock { if isHeld(&$0) { renew(&$0) } } }

    /// Whether the lock was not lost as of the last look at the lease; looks again if that was long ago.
    package var seemsHeld: Bool {
        guard !isLost.load(ordering: .relaxed) else { return false }
        guard isLate else { return true }
        // With a kernel lock, another thread's look at the file system is not waited for: it may hang.
        return mechanism == .lease ? holds() : state.withLockIfAvailable { isHeld(&$0) } ?? true
    }

    /// Whether the lock was not lost, according to the file system now.
    package func holds() -> Bool { state.withLock { isStillHeld(&$0) } }

    /// Gives the lock back; the file `.lock` stays.
    package func release() {
        state.withLock { state in
            guard !state.isReleased else { return }
            if isHeld(&state), state.descriptor >= 0 { unlink(file.path) }
            if state.descriptor >= 0 { close(state.descriptor) }
            state.descriptor = -1
            state.kernel = nil
            state.isReleased = true
        }
    }

    private var age: Double {
        Monotonic.seconds - Double(bitPattern: renewedAt.load(ordering: .relaxed))
    }

    /// Whether the lease was renewed so long ago that others may be about to take it.
    private var isLate: Bool { age > times.expiry / 2 }

    // MARK: With the state's lock held

    private func isStillHeld(_ state: inout State) -> Bool {
        guard isHeld(&state) else { return false }
        guard mechanism == .lease, isLate else { return true }
        // A run that found the lease expired may be just about to replace it: renew it, then wait to see whose it is.
        renew(&state)
        usleep(UInt32(times.settling * 1e6))
        // A lease that cannot be renewed is lost when it expires.
        if age > times.expiry { isLost.store(true, ordering: .relaxed) }
        return isHeld(&state)
    }

    private func isHeld(_ state: inout State) -> Bool {
        guard !isLost.load(ordering: .relaxed), !state.isReleased else { return false }
        // Without a lease only the kernel lock counts. A look at the file that fails proves no loss either.
        guard state.descriptor >= 0 else { return true }
        let isOwn: Bool
        do {
            isOwn =
                try file.read().map { LeaseRecord($0)?.token == state.record.token } ?? (mechanism != .lease)
        } catch { return true }
        if !isOwn { isLost.store(true, ordering: .relaxed) }
        return isOwn
    }

    private func renew(_ state: inout State) {
        state.record.count += 1
        do {
            if mechanism != .lease, try file.read() == nil {
                guard let made = try file.create(state.record) else { return }
                if state.descriptor >= 0 { close(state.descriptor) }
                state.descriptor = made
            } else if state.descriptor >= 0 {
                try LeaseFile.write(state.record, to: state.descriptor)
            }
            renewedAt.store(Monotonic.seconds.bitPattern, ordering: .relaxed)
        } catch {
            // The next renewal tries again; `isLate` tells that this one failed.
        }
    }
}
