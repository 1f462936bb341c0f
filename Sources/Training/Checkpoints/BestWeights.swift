import Cluster
import DataParallel
import Foundation
import Glibc
import MPI

/// Keeps the best weights of a run so far in its folder; a thread writes them while training goes on.
///
/// If they cannot be written, the older file is removed, because it is not the best any more, and training goes on
/// after a warning. The copy in memory is kept for checkpoints and for another attempt at the end.
final class BestWeights {
    private let world: Communicator
    /// The run's folder; nil on ranks that write nothing.
    private let folder: String?
    private let warn: (String) -> Void
    /// Whether better weights are being written; the same on all ranks.
    private var isUnderWay = false
    private var job: BackgroundJob<Void>?
    private var epoch = 0
    /// The best weights in memory, until they are in the folder.
    private var copy: CheckpointFile?
    /// Whether the best weights could not be written, as found by the last `complete`; the same on all ranks.
    private(set) var areLost = false

    /// The best weights of a run in `folder`, which only the rank that writes passes.
    ///
    /// - Parameter warn: Prints a warning.
    init(_ world: Communicator, folder: String?, warn: @escaping (String) -> Void) {
        self.world = world
        self.folder = folder
        self.warn = warn
    }

    private var path: String? { folder.map { "\($0)/\(RunFolder.bestWeightsName)" } }

    /// Copies the weights of `state`, now the best, and starts to write them; collective.
    ///
    /// - Parameters:
    ///   - step: The number of steps taken so far.
    ///   - epoch: The epoch of the weights, counted from 1.
    func replace(with state: ModelState, step: Int, epoch: Int) throws {
        try complete()
        isUnderWay = true
        self.epoch = epoch
        guard let folder else { return }
        let copy = try WeightsFile.copy(state, trainedBatches: step)
        self.copy = copy
        job = BackgroundJob("best weights") {
            try Self.write(copy, in: folder)
            FaultPoint.reach(.best, step: step)
        }
    }

    /// Frees the copy once the weights are in the folder; not collective.
    func release() {
        if job?.hasSucceeded ?? false { copy = nil }
    }

    /// Waits until the best weights are in the folder or could not be written; collective.
    func complete() throws {
        guard isUnderWay else { return }
        isUnderWay = false
        var problem: String?
        if case .failure(let error) = job?.wait() { problem = "\(error)" }
        job = nil
        if let problem {
            warn("no best weights of epoch \(epoch), training goes on: \(problem)")
        } else {
            copy = nil
        }
        areLost = try world.allReduce(problem == nil ? 0 : 1, .max) > 0
    }

    /// Does the same and tries once more to write what could not be written; collective, at the end of a run.
    func settle() throws {
        try complete()
        guard areLost else { return }
        var isLost = false
        if let folder {
            let written: Void? = try? copy.map { try Self.write($0, in: folder) }
            isLost = copy == nil || written == nil
            if !isLost { copy = nil }
        }
        areLost = try world.allReduce(isLost ? 1 : 0, .max) > 0
    }

    /// Throws on all ranks if the best weights are not in the folder.
    func require() throws {
        guard areLost else { return }
        guard let path else { throw FailedElsewhere() }
        throw TrainingError(
            .io, "\(path) could not be written: make room there; all other results are there")
    }

    /// The best weights as a file of a checkpoint; nil if there are none.
    var checkpointFile: CheckpointFile? {
        if let copy { return copy.named(CheckpointFormat.best) }
        guard let path else { return nil }
        do {
            return try FileInput.open(ifExists: path).map {
                CheckpointFile(CheckpointFormat.best, copyOf: $0)
            }
        } catch {
            warn("the checkpoint goes without the best weights: \(error)")
            return nil
        }
    }

    /// Copies the best weights from a checkpoint, because the run may have replaced them after it. Not collective.
    ///
    /// - Parameter onlyIfMissing: Whether an existing file is kept.
    func take(from checkpoint: CheckpointVerification, onlyIfMissing: Bool = false) throws {
        guard let folder, let path, !onlyIfMissing || access(path, F_OK) != 0 else { return }
        guard checkpoint.manifest.file(CheckpointFormat.best) != nil else {
            unlink(path)
            return
        }
        let file = try FileInput("\(checkpoint.path)/\(CheckpointFormat.best)")
        try Self.write(CheckpointFile(CheckpointFormat.best, copyOf: file), in: folder)
    }

    /// Records that a checkpoint lacks the best weights that it mentions; on all ranks.
    func lose() { areLost = true }

    /// If this fails no file is left, because the old one is not the best any more.
    private static func write(_ file: CheckpointFile, in folder: String) throws {
        do { try file.named(RunFolder.bestWeightsName).replace(in: folder) } catch {
            unlink("\(folder)/\(RunFolder.bestWeightsName)")
            throw error
        }
    }
}
