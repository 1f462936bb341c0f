import Foundation
import Training

extension RunSettings {
    /// The configuration of the run in a folder: that of its config.yaml, or what its checkpoints keep, which is also what there
    /// is of a program with parts of its own. Nil where there is neither.
    package static func ofRun(in folder: String) throws -> RunSettings? {
        let file = "\(folder)/\(RunFolder.configurationName)"
        guard FileManager.default.fileExists(atPath: file) else { return RunSettings(checkpointsIn: folder) }
        do {
            return RunSettings(try RunConfiguration(file: file).settings, .standard)
        } catch {
            guard let known = RunSettings(checkpointsIn: folder) else { throw error }
            return known
        }
    }
}
