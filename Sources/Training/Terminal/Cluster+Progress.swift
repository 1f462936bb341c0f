import Cluster
import Foundation

extension Cluster {
    /// Reports progress of work whose results go to standard output: on standard error, by rank 0.
    package var progressBesideResults: ProgressLine {
        guard rank == 0, guidance.printing != .quiet else { return .silent }
        return ProgressLine(LineDevice(.error), start: ProcessInfo.processInfo.systemUptime)
    }

    /// Prints a note about something unusual on standard error; not collective.
    package func note(_ text: String) {
        if guidance.printing != .quiet { DistributedProgram.note(text) }
    }
}
