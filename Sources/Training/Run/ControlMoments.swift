import Cluster
import Foundation

/// Moments a few times a second at which all ranks agree what to do, whatever the clock of each says; results do not depend
/// on them.
struct ControlMoments {
    /// What one rank asks for, or any.
    struct Wishes {
        /// That the run saves a checkpoint and stops.
        var stops = false
        /// That it does so at once: a signal ends it.
        var isInterrupted = false
        /// That no more is done for the checkpoint under way: a thread still writes.
        var isBusy = false
        /// A checkpoint, by the clock; rank 0's alone counts.
        var checkpoint = false
        /// A closer look at the folder, which may be another run's by now.
        var looksAtFolder = false
    }

    /// Seconds between two moments; a launcher that is interrupted leaves one.
    private static let seconds = 0.2

    /// Steps of the run after which the next moment comes.
    private var next: Int

    /// Moments of a run that has taken so many steps: the first comes after the next.
    init(after step: Int) { next = step + 1 }

    /// Whether there is one after so many steps.
    func isDue(after step: Int) -> Bool { step >= next }

    /// What any rank asks for; collective.
    ///
    /// - Parameters:
    ///   - step: Steps of the run so far.
    ///   - secondsPerStep: Nil before the first step.
    mutating func agree(
        _ own: Wishes, after step: Int, secondsPerStep: Double?, _ cluster: Cluster
    ) throws -> Wishes {
        let interval = (Self.seconds / max(secondsPerStep ?? 0.05, 1e-4)).rounded(.up)
        let isRoot = cluster.rank == 0
        let flags = [
            own.stops, own.isInterrupted, own.isBusy, isRoot && own.checkpoint, own.looksAtFolder,
        ]
        let all = try cluster.world.allReduce(
            flags.map { $0 ? 1 : 0 } + [isRoot ? max(1, Int(min(interval, 1e6))) : 0], .max)
        next = step + all[5]
        return Wishes(
            stops: all[0] > 0, isInterrupted: all[1] > 0, isBusy: all[2] > 0, checkpoint: all[3] > 0,
            looksAtFolder: all[4] > 0)
    }
}
