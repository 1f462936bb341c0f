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
                folder?.seemsLocked ?? true ? 0 : 1,
                Interruption.isPending ? 1 : 0,
            ], .max)
        if all[4] > 0 { try requireFolder() }
        nextControl = position.step + all[3]
        if all[1] == 0 { try checkpoints?.advance() }
        bestWeights.release()
        isInterrupted = all[5] > 0
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

    /// Whether so much time has passed since the last checkpoint that another takes at most a hundredth of it, by rank
    /// 0's clock; collective.
    func mayCheckpoint() throws -> Bool {
        var may = false
        if cluster.rank == 0, let folder, let checkpoints, !checkpoints.isUnderWay {
            let passed = ProcessInfo.processInfo.systemUptime - lastCheckpoint
            // Before the first one it is guessed: what waiting for the disk takes is known, and how much there is to write.
            let states = replica.settings.rule.stateNames.count + 1
            let guess =
                3 * folder.probeSeconds + Double(states * replica.stateElements * 4) / Self.bytesPerSecond
            let seconds =
                saving.count > 0
                ? (saving.seconds + checkpoints.writingSeconds) / Double(saving.count) : guess
            may = passed >= 100 * seconds
        }
        return try cluster.world.broadcast(may ? 1 : 0, root: 0) == 1
    }

    /// What a disk takes in a second, where nothing is known of it.
    private static let bytesPerSecond = 5e8

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
