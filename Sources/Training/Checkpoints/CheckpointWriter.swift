import Cluster
import DataParallel
import Foundation
import MPI

/// Writes checkpoints while training goes on, one at a time.
///
/// A checkpoint passes through phases. In `start` every rank copies its part of the state; training waits only for
/// that. Threads write the parts. Once all ranks know that every part is on disk, a thread of rank 0 writes the
/// manifest, gives the checkpoint its name and removes older ones. All ranks move to the next phase together, in
/// `advance`, at moments when they communicate anyway. A checkpoint that is due while another is being written waits
/// for it, so that which checkpoints exist does not depend on time.
///
/// If a checkpoint cannot be written, for instance because the disk is full, older ones are unchanged and training goes
/// on after a warning. The next checkpoint is another attempt, and `requireLast` turns the failure into an error at the
/// end of the run.
final class CheckpointWriter {
    /// The files that one rank's thread has written, or why it failed.
    private struct Written: Codable, Sendable {
        var files: [CheckpointManifest.File] = []
        var seconds = 0.0
        var problem: String?
    }

    /// The result of a thread's work, and the seconds that it took.
    private struct Timed<Value: Sendable>: Sendable {
        let value: Value
        let seconds: Double

        init(_ body: () throws -> Value) rethrows {
            let began = ProcessInfo.processInfo.systemUptime
            value = try body()
            seconds = ProcessInfo.processInfo.systemUptime - began
        }
    }

    private enum Phase {
        case idle
        /// Threads write the parts.
        case writing(BackgroundJob<Timed<[CheckpointManifest.File]>>?)
        /// A thread of rank 0 makes the checkpoint final.
        case committing(BackgroundJob<Timed<Void>>?)
    }

    private let replica: Replica
    private let cluster: Cluster
    private let identity: RunIdentity
    private let environment: RunEnvironment
    /// The run's checkpoints; only rank 0 uses it for access to the disk.
    private let catalogue: CheckpointCatalogue
    private let isHidden: Bool
    private let requireFolder: @Sendable () throws -> Void
    private let warn: (String) -> Void
    private var pruning: CheckpointPruning
    private var phase = Phase.idle
    private var temporary = ""
    private var underWay = RunPosition()
    private var sees: [Bool]?
    /// The position of the newest complete checkpoint.
    private var last: RunPosition?
    /// Why the newest attempt failed; rank 0 alone has the message.
    private var failure: String?
    private var hasSaidSlow = false
    /// The number of complete checkpoints, and the seconds that training waited for copies and for earlier checkpoints.
    private(set) var totals = (count: 0, copying: 0.0, waiting: 0.0)
    /// The seconds that threads spent writing, as known to rank 0.
    private(set) var writingSeconds = 0.0

    /// A writer for the run of `replica`.
    ///
    /// - Parameters:
    ///   - folder: The folder of checkpoints, the same on all ranks.
    ///   - pruning: Which checkpoints are kept.
    ///   - isHidden: Whether ranks other than 0 must behave as if they could not see the folder.
    ///   - requireFolder: Throws if another run has taken the folder; called on rank 0.
    ///   - warn: Prints a warning.
    init(
        _ replica: Replica, identity: RunIdentity, folder: String, pruning: CheckpointPruning, isHidden: Bool,
        requireFolder: @escaping @Sendable () throws -> Void, warn: @escaping (String) -> Void
    ) {
        self.replica = replica
        cluster = replica.cluster
        self.identity = identity
        environment = RunEnvironment(replica.cluster)
        catalogue = CheckpointCatalogue(folder)
        self.pruning = pruning
        self.isHidden = isHidden
        self.requireFolder = requireFolder
        self.warn = warn
    }

    /// Called with the step of each checkpoint when it is complete, on rank 0, on the thread that completed it.
    var whenOneStands: (@Sendable (Int) -> Void)?

    /// Whether a checkpoint is being made; the same on all ranks.
    var isUnderWay: Bool {
        if case .idle = phase { false } else { true }
    }

    /// The step of the newest complete checkpoint in the run's folder; nil if none is known.
    var newestStep: Int? { last?.step }

    /// Whether a thread of this rank is still working on the current checkpoint.
    var isBusy: Bool {
        switch phase {
        case .idle: false
        case .writing(let job): !(job?.isDone ?? true)
        case .committing(let job): !(job?.isDone ?? true)
        }
    }

    /// Records the checkpoint that the run continues, if it is in the run's own folder, and the damaged ones.
    func resumed(at position: RunPosition?, damaged: Set<Int>) {
        last = position
        pruning.damaged = damaged
    }

    // MARK: The copy

    /// Copies the state and starts to write it, unless a checkpoint of the same position exists; collective.
    ///
    /// - Parameters:
    ///   - best: The best weights so far, on rank 0.
    ///   - beforeManifest: Waits until everything else that the checkpoint depends on is on disk; called on rank 0.
    func start(
        _ position: RunPosition, best: CheckpointFile?, beforeManifest: (@Sendable () throws -> Void)?
    ) throws {
        if isUnderWay {
            let began = ProcessInfo.processInfo.systemUptime
            try finish()
            let seconds = ProcessInfo.processInfo.systemUptime - began
            totals.waiting += seconds
            if cluster.rank == 0, seconds > 1, !hasSaidSlow {
                hasSaidSlow = true
                warn(
                    "a checkpoint was due before the one before was on disk: training waited \(seconds.rounded()) s, save more rarely"
                )
            }
        }
        if failure == nil, let last, last.isSamePlace(as: position) { return }
        underWay = position
        let began = ProcessInfo.processInfo.systemUptime
        guard try makeTemporaryFolder() else { return }
        let files = try copy(best: best)
        totals.copying += ProcessInfo.processInfo.systemUptime - began
        let (folder, step) = (temporary, underWay.step)
        let isRoot = cluster.rank == 0
        phase = .writing(
            files.isEmpty
                ? nil
                : BackgroundJob("checkpoint") {
                    try Timed {
                        if isRoot { try beforeManifest?() }
                        return try Self.write(files, folder, step: step)
                    }
                })
    }

    private func makeTemporaryFolder() throws -> Bool {
        let made = try Agreement.fromRoot(cluster.world) { [catalogue, underWay] () -> Made in
            let path = catalogue.temporaryFolder(step: underWay.step)
            do {
                try? FileManager.default.removeItem(atPath: path)
                try FileOutput.makeFolder(path)
            } catch { return Made(path: path, problem: "\(error)") }
            return Made(path: path)
        }
        temporary = made.path
        guard let problem = made.problem else { return true }
        fail(problem)
        return false
    }

    private struct Made: Codable {
        let path: String
        var problem: String?
    }

    /// This rank's files; collective, returns only when every rank has its copy.
    private func copy(best: CheckpointFile?) throws -> [CheckpointFile] {
        let known = try sees ?? FolderVisibility.ranks(temporary, isHidden: isHidden, in: cluster.world)
        sees = known
        let shares = CheckpointShares(replica, sees: known)
        let files = try CheckpointCopy(replica: replica, position: underWay, shares: shares).files(best: best)
        FaultPoint.reach(.checkpointCopy, step: underWay.step)
        try cluster.world.barrier()
        return files
    }

    // MARK: Writing

    private static func write(
        _ files: [CheckpointFile], _ folder: String, step: Int
    ) throws -> [CheckpointManifest.File] {
        try files.map { try $0.write(in: folder, step: step) }
    }

    /// Moves to the next phase; collective, to be called when all ranks know that none is busy.
    func advance() throws {
        switch phase {
        case .idle: return
        case .writing(let job): try commit(try gather(job))
        case .committing(let job): try conclude(job)
        }
    }

    /// Waits until the current checkpoint is complete or has failed; collective.
    func finish() throws {
        while isUnderWay { try advance() }
    }

    /// Throws on all ranks if the newest attempt has failed.
    func requireLast() throws {
        guard let failure else { return }
        guard cluster.rank == 0 else { throw FailedElsewhere() }
        throw TrainingError(.io, failure)
    }

    /// The results of all ranks' threads, on all ranks.
    private func gather(_ job: BackgroundJob<Timed<[CheckpointManifest.File]>>?) throws -> Written {
        var own = Written()
        switch job?.wait() {
        case .success(let written):
            own.files = written.value
            own.seconds = written.seconds
        case .failure(let error): own.problem = "\(error)"
        case nil: break
        }
        let all = try Agreement.gathered(own, in: cluster.world)
        writingSeconds += all.map(\.seconds).max() ?? 0
        return Written(files: all.flatMap(\.files), problem: all.lazy.compactMap(\.problem).first)
    }

    private func commit(_ written: Written) throws {
        if let problem = written.problem {
            if cluster.rank == 0 { try? FileManager.default.removeItem(atPath: temporary) }
            fail(problem)
            return
        }
        guard cluster.rank == 0 else {
            phase = .committing(nil)
            return
        }
        pruning.bestStep = underWay.policy.bestStep
        let commit = CheckpointCommit(
            catalogue: catalogue, temporary: temporary,
            manifest: try CheckpointManifest(
                files: written.files, identity: identity, environment: environment,
                step: underWay.step),
            pruning: pruning, requireFolder: requireFolder)
        phase = .committing(
            BackgroundJob("checkpoint") { [whenOneStands] in
                try Timed {
                    try commit.run()
                    whenOneStands?(commit.manifest.step)
                }
            })
    }

    private func conclude(_ job: BackgroundJob<Timed<Void>>?) throws {
        var problem: String?
        switch job?.wait() {
        case .success(let written): writingSeconds += written.seconds
        case .failure(let error): problem = "\(error)"
        case nil: break
        }
        let outcome = try Agreement.fromRoot(cluster.world) { [problem] }
        guard let problem = outcome[0] else {
            totals.count += 1
            pruning.damaged.remove(underWay.step)
            last = underWay
            failure = nil
            phase = .idle
            return
        }
        fail(problem)
    }

    private func fail(_ problem: String) {
        phase = .idle
        failure = problem
        // A full disk may have looked like a folder that other ranks cannot see.
        sees = nil
        guard cluster.rank == 0 else { return }
        let older = last.map { "the one of step \($0.step) stands" } ?? "there is none yet"
        warn(
            "no checkpoint of step \(underWay.step): \(problem); \(older), training goes on and the next one tries again"
        )
    }
}
