import Foundation
import Glibc

/// Finds the folders of runs.
package enum RunFinder {
    /// The runs in a folder and below it, sorted by path; links to folders are not followed.
    ///
    /// A run is a folder with metrics.jsonl, config.yaml or program.json. Throws where there is no such folder.
    package static func runs(below folder: String) throws -> [String] {
        var status = stat()
        guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw TrainingError(.badFile, "there is no folder \(folder): give the folder that holds the runs")
        }
        var found: [String] = []
        var waiting = [folder]
        while let path = waiting.popLast() {
            // A folder that cannot be read holds no run for this user.
            let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
            let isRun = isRun(names)
            if isRun { found.append(path) }
            for name in names
            where !name.hasPrefix(".") && !(isRun && ownFolders.contains(name))
                && CheckpointFormat.step(ofFolder: name) == nil
            {
                let inner = path.hasSuffix("/") ? path + name : "\(path)/\(name)"
                if lstat(inner, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { waiting.append(inner) }
            }
        }
        return found.sorted()
    }

    /// Throws unless a folder is a run's.
    package static func requireRun(_ folder: String) throws {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        guard !isRun(names), !names.contains(RunFolder.weightsName),
            !names.contains(RunFolder.checkpointsName)
        else { return }
        let what = access(folder, F_OK) == 0 ? "\(folder) holds no run" : "there is no run at \(folder)"
        throw TrainingError(.badFile, "\(what): give a run's folder, which dtrain runs lists")
    }

    private static func isRun(_ names: [String]) -> Bool {
        names.contains {
            [RunFolder.metricsName, RunFolder.configurationName, RunFolder.descriptionName].contains($0)
        }
    }

    /// Subfolders of a run in which there is no other run.
    private static let ownFolders = [RunFolder.checkpointsName, RunFolder.profileName]
}
