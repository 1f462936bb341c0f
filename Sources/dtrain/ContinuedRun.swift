import Configuration
import DataParallel
import Foundation
import Training

/// The run that --resume goes on with, where neither --config nor --recipe says what it is: its own configuration does.
struct ContinuedRun {
    /// Its folder.
    let folder: String

    /// The run that is named; nil where none is, or one without a configuration of its own.
    ///
    /// - Parameters:
    ///   - resume: What --resume says.
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
            named = RunFolder.owner(of: resume) ?? resume
        }
        folder = named
        guard !FileManager.default.fileExists(atPath: configurationFile) else { return }
        try RunDescription.requireResumable(named)
        return nil
    }

    /// Where its configuration is.
    var configurationFile: String { "\(folder)/\(RunFolder.configurationName)" }
}
