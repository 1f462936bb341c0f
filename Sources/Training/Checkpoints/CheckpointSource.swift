import Foundation

/// What `--resume` names: a run's folder, the folder of its checkpoints, or one checkpoint.
enum CheckpointSource: Equatable {
    /// The newest usable one of these, newest first.
    case newest([String])
    /// This one and no other.
    case one(String)

    /// What stands at `path`.
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
