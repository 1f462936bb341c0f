import Configuration
import DataParallel
import Foundation
import Training

/// The run that --resume continues, if neither --config nor --recipe is given: its own configuration is used.
struct ContinuedRun {
    /// The run's folder.
    let folder: String

    /// The run that is named; nil if none is, or if it has no configuration.
    ///
    /// - Parameters:
    ///   - resume: The value of --resume.
    ///   - output: The folder for results, if the command names one.
    init?(resume: String?, output: String?) throws {
        guard let resume else { return nil }
        let named: String
        if resume == "auto" {
            guard let output else { return nil }
            named = output
        } else {
            guard FileManager.default.fileExists(atPath: resume) else {
                throw TrainingError.nothingToResume(at: resume)
            }
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: resume, isDirectory: &isFolder)
            guard isFolder.boolValue else {
                throw TrainingError(
                    .badFile, "\(resume) is a file: give a run's folder with --resume, or a checkpoint's")
            }
            named = RunFolder.owner(of: resume) ?? resume
        }
        folder = named
        guard !FileManager.default.fileExists(atPath: configurationFile) else { return }
        try RunDescription.requireResumable(named)
        return nil
    }

    /// The path of its configuration.
    var configurationFile: String { "\(folder)/\(RunFolder.configurationName)" }
}
