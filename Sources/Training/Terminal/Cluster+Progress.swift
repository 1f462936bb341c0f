import Cluster
import Foundation

extension Cluster {
    /// Where work is told of whose results stand on standard output: on standard error, by rank 0.
    package var progressBesideResults: ProgressLine {
        guard rank == 0, guidance.printing != .quiet else { return .silent }
        return ProgressLine(LineDevice(.error), start: ProcessInfo.processInfo.systemUptime)
    }

    /// Tells a person, on standard error, of something that is not as usual; for one rank.
    package func note(_ text: String) {
        if guidance.printing != .quiet { DistributedProgram.note(text) }
    }
}
