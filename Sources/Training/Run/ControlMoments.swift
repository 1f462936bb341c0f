import Cluster
import Foundation

/// Steps, a few per second, after which all ranks agree whether to stop or to save. Rank 0 chooses them by step number,
/// so that the ranks' clocks need not agree; results do not depend on the choice.
struct ControlMoments {
    /// What one rank asks for or, once agreed, what any rank asks for.
    struct Wishes {
        /// Save a checkpoint and stop.
        var stops = false
        /// Save a checkpoint and stop, because the run was interrupted by a signal.
        var isInterrupted = false
        /// Leave the checkpoint under way alone: a thread still writes it.
        var isBusy = false
        /// Save a checkpoint, which is due by the clock; only rank 0's counts.
        var checkpoint = false
        /// End the run after this step, because its minutes are over; only rank 0's counts.
        var isOutOfTime = false
        /// Check the output folder, which another run may have taken.
        var looksAtFolder = false
    }

    /// Seconds between two moments. An interrupted launcher leaves ranks one second.
    private static let seconds = 0.2

    /// The number of steps after which the next moment comes.
    private var next: Int

    /// The first moment comes after the step that follows `step`.
    init(after step: Int) { next = step + 1 }

    func isDue(after step: Int) -> Bool { step >= next }

    /// What any rank asks for; collective.
    ///
    /// - Parameters:
    ///   - step: Steps of the run so far.
    ///   - secondsPerStep: The mean time of a step, of which rank 0's counts; nil before the first step.
    mutating func agree(
        _ own: Wishes, after step: Int, secondsPerStep: Double?, _ cluster: Cluster
    ) throws -> Wishes {
        let interval = (Self.seconds / max(secondsPerStep ?? 0.05, 1e-4)).rounded(.up)
        let isRoot = cluster.rank == 0
        let flags = [
            own.stops, own.isInterrupted, own.isBusy, isRoot && own.checkpoint, own.looksAtFolder,
            isRoot && own.isOutOfTime,
        ]
        let all = try cluster.world.allReduce(
            flags.map { $0 ? 1 : 0 } + [isRoot ? max(1, Int(min(interval, 1e6))) : 0], .max)
        next = step + all[flags.count]
        return Wishes(
            stops: all[0] > 0, isInterrupted: all[1] > 0, isBusy: all[2] > 0, checkpoint: all[3] > 0,
            isOutOfTime: all[5] > 0, looksAtFolder: all[4] > 0)
    }
}
