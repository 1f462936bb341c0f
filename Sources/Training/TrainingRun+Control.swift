import DataParallel
import Foundation

/// What all ranks agree on a few times a second, whatever the clock of each says; results do not depend on it.
extension TrainingRun {
    /// Moves a checkpoint under way on and starts one that the clock asks for; true if the run was asked to stop.
    /// Collective.
    func control() throws -> Bool {
        let secondsPerStep = stepsTaken > 0 ? trainingSeconds / Double(stepsTaken) : 0.05
        let interval = (Self.controlSeconds / max(secondsPerStep, 1e-4)).rounded(.up)
        let isRoot = cluster.rank == 0
        let all = try cluster.world.allReduce(
            [
                StopRequest.isPending ? 1 : 0, checkpoints?.isBusy ?? false ? 1 : 0,
                isRoot && isCheckpointDue ? 1 : 0, isRoot ? max(1, Int(min(interval, 1e6))) : 0,
                Interruption.isPending ? 1 : 0,
            ], .max)
        nextControl = position.step + all[3]
        if all[1] == 0 { try checkpoints?.advance() }
        bestWeights.release()
        isInterrupted = all[4] > 0
        if all[0] > 0 || isInterrupted { return true }
        if all[2] > 0 { try checkpoint() }
        return false
    }

    /// Whether the clock asks for a checkpoint; one after the other.
    private var isCheckpointDue: Bool {
        guard let minutes = settings.checkpoints.everyMinutes, checkpoints?.isUnderWay == false else {
            return false
        }
        return ProcessInfo.processInfo.systemUptime - lastCheckpoint >= minutes * 60
    }

    /// Lets Ctrl-C tell, on rank 0, what to do when the run is interrupted before it can save.
    func watchInterruptions() {
        if cluster.rank == 0, let checkpoints {
            let continuation = continuation
            let say: @Sendable (Int) -> Void = { step in
                Interruption.say("the newest checkpoint is of step \(step), \(continuation)")
            }
            Interruption.say("there is no checkpoint yet")
            if let step = checkpoints.newestStep { say(step) }
            checkpoints.whenOneStands = say
        }
        Interruption.watch()
    }

    /// Seconds between two such moments; a launcher that is interrupted leaves one.
    private static let controlSeconds = 0.2
}
