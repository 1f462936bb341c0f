import Cluster
import DataParallel
import Foundation
import MPI

/// Writes checkpoints while training goes on, one at a time.
///
/// A checkpoint passes through phases: every rank that holds state copies its part (`start`, all that training waits
/// for); threads write the parts; once all ranks know that every part is on disk, a thread of rank 0 writes the
/// manifest, gives the checkpoint its name and removes older ones. Ranks go from phase to phase together, in `advance`,
/// at moments they agree on anyway. A checkpoint that is asked for while one is under way waits for it, so that which
/// checkpoints there are depends on no clock.
///
/// A checkpoint that cannot be written, because the disk is full for instance, leaves older ones as they are and does not
/// end training: a warning says it, the next one tries again, and `requireLast` makes it an error where the run ends.
final class CheckpointWriter {
    /// What one rank's thread came to.
    private struct Written: Codable, Sendable {
        var files: [CheckpointManifest.File] = []
        var seconds = 0.0
        var problem: String?
    }

    /// What a thread has done, and the seconds that it took.
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
        /// Parts are being written.
        case writing(BackgroundJob<Timed<[CheckpointManifest.File]>>?)
        /// Rank 0 makes it final.
        case committing(BackgroundJob<Timed<Void>>?)
    }

    private let replica: Replica
    private let cluster: Cluster
    private let identity: RunIdentity
    private let environment: RunEnvironment
    /// Where checkpoints are; only rank 0 uses it as a folder of its own machine.
    private let catalogue: CheckpointCatalogue
    private let isHidden: Bool
    private let requireFolder: @Sendable () throws -> Void
    private let warn: (String) -> Void
    private var pruning: CheckpointPruning
    private var phase = Phase.idle
    private var temporary = ""
    private var underWay = RunPosition()
    private var sees: [Bool]?
    /// The position of the newest checkpoint that stands.
    private var last: RunPosition?
    /// Why the newest attempt failed: on all ranks, in words on rank 0.
    private var failure: String?
    private var hasSaidSlow = false
    /// Checkpoints that stand, and seconds that training stood still for copies and for earlier ones to be written.
    private(set) var totals = (count: 0, copying: 0.0, waiting: 0.0)
    /// Seconds for which threads wrote, as rank 0 knows them.
    private(set) var writingSeconds = 0.0

    /// A writer for the run of `replica`.
    ///
    /// - Parameters:
    ///   - folder: Where checkpoints are, the same on all ranks.
    ///   - pruning: Which of them are kept.
    ///   - isHidden: Whether other ranks than 0 are to do as if they did not see the folder.
    ///   - requireFolder: Throws where the folder is another run's by now; asked on rank 0.
    ///   - warn: Tells a person.
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

    /// Told of the step of each checkpoint as soon as it stands, on rank 0 and by whichever thread has made it.
    var whenOneStands: (@Sendable (Int) -> Void)?

    /// Whether a checkpoint is on its way, the same on all ranks.
    var isUnderWay: Bool {
        if case .idle = phase { false } else { true }
    }

    /// The step of the newest checkpoint that stands in the run's folder; nil where none is known of.
    var newestStep: Int? { last?.step }

    /// Whether this rank is still at work on it.
    var isBusy: Bool {
        switch phase {
        case .idle: false
        case .writing(let job): !(job?.isDone ?? true)
        case .committing(let job): !(job?.isDone ?? true)
        }
    }

    /// Takes note of the checkpoint that the run continues, which stands in its own folder, and of damaged ones.
    func resumed(at position: RunPosition?, damaged: Set<Int>) {
        last = position
        pruning.damaged = damaged
    }

    // MARK: The copy

    /// Copies the state and lets it be written, unless the checkpoint of this place stands already; collective.
    ///
    /// - Parameters:
    ///   - best: The best weights so far, on rank 0.
    ///   - beforeManifest: What must be on disk before the checkpoint counts, on rank 0.
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

    /// This rank's files; collective, and over only when every rank has its copy.
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

    /// Goes on to the next phase; collective, to be called where all ranks know that none is busy.
    func advance() throws {
        switch phase {
        case .idle: return
        case .writing(let job): try commit(try gather(job))
        case .committing(let job): try conclude(job)
        }
    }

    /// Waits until the checkpoint under way stands, or has failed; collective.
    func finish() throws {
        while isUnderWay { try advance() }
    }

    /// Throws on all ranks if the newest attempt has failed.
    func requireLast() throws {
        guard let failure else { return }
        guard cluster.rank == 0 else { throw FailedElsewhere() }
        throw TrainingError(.io, failure)
    }

    /// What all ranks have written, on all ranks.
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
        // A disk that was full may have looked like a folder that others do not see.
        sees = nil
        guard cluster.rank == 0 else { return }
        let older = last.map { "the one of step \($0.step) stands" } ?? "there is none yet"
        warn(
            "no checkpoint of step \(underWay.step): \(problem); \(older), training goes on and the next one tries again"
        )
    }
}
