import Foundation

/// What `--resume` names: a run's folder, its folder of checkpoints, or one checkpoint.
enum CheckpointSource: Equatable {
    /// The newest usable one of these, which are listed newest first.
    case newest([String])
    /// Only this one.
    case one(String)

    /// Finds out which of them `path` is.
    init(_ path: String) {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        let below = "\(path)/\(RunFolder.checkpointsName)"
        if Self.isFolder(below) {
            self = .newest(CheckpointCatalogue(below).newestFirst)
        } else if CheckpointFormat.step(ofFolder: PathParts.name(of: path)) == nil,
            case let all = CheckpointCatalogue(path).newestFirst, !all.isEmpty
        {
            self = .newest(all)
        } else {
            self = .one(path)
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }
}
