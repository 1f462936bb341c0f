import Foundation
import Training

extension RunSettings {
    /// The configuration of the run in a folder, from its config.yaml or else from its checkpoints, which are all that
    /// a program with its own parts leaves. Nil if there is neither.
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
