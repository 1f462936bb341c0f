import Glibc
import Synchronization

/// Keeps other runs out of a folder, on file systems of every kind.
///
/// The kernel keeps them out where it can: by flock, or where the file system has none by F_OFD_SETLK, on the file `.lock`;
/// both go with the process. Beside that every run leaves a lease in `.lease`, which it renews every few seconds: on
/// file systems without locks it is all there is, and elsewhere it shows the run to those that got another kind of lock,
/// or none, as two hosts may of one file system. A run that has a lock of the kernel takes the lease of one that had the
/// same kind at once, since the kernel has told that it is gone.
///
/// A lease expires where it is not renewed, so its owner may lose it while it is stopped or cut off: it asks `holds`
/// before it writes what counts. Renewing is for a thread of the owner's, see `renew`.
package final class FolderLock: Sendable {
    /// What keeps others out.
    package enum Mechanism: String, Sendable {
        case flock
        case openFile = "open_file"
        case lease
    }

    /// What keeps others out of this folder.
    package let mechanism: Mechanism
    /// Why there is no lock of the kernel; nil where there is one.
    package let missing: SystemError?
    /// How long things take.
    package let times: LockTimes
    private let file: LeaseFile
    private let state: Mutex<State>
    /// Whether the lock is known to be lost, and the bits of the time of the last renewal: to be read while a look at the
    /// file system, which may be slow, has the state's lock.
    private let isLost = Atomic<Bool>(false)
    private let renewedAt = Atomic<UInt64>(Monotonic.seconds.bitPattern)

    private struct State {
        var kernel: KernelLock?
        var record: LeaseRecord
        /// The lease; -1 where a lock of the kernel has to do without.
        var descriptor: Int32
        var isReleased = false
    }

    /// A lock that was taken.
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

    /// Shows other runs that this one lives; to be called every `times.renewal` seconds.
    package func renew() { state.withLock { if isHeld(&$0) { renew(&$0) } } }

    /// Whether the lock was not lost, as far as the last look at the lease tells; looks itself where that was long ago.
    package var seemsHeld: Bool {
        guard !isLost.load(ordering: .relaxed) else { return false }
        guard isLate else { return true }
        // What the kernel has locked is not waited for: the file system may hang.
        return mechanism == .lease ? holds() : state.withLockIfAvailable { isHeld(&$0) } ?? true
    }

    /// Whether the lock was not lost, told from the file system now.
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
        // Who found it expired may be between the last look and the taking: that shows in a moment.
        renew(&state)
        usleep(UInt32(times.settling * 1e6))
        // One that cannot be renewed ends as it says.
        if age > times.expiry { isLost.store(true, ordering: .relaxed) }
        return isHeld(&state)
    }

    private func isHeld(_ state: inout State) -> Bool {
        guard !isLost.load(ordering: .relaxed), !state.isReleased else { return false }
        // Without a lease only the kernel's lock counts, and a look that failed says nothing.
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
