import Datasets
import Options

/// Where the paths of a configuration's data were written, and how `data.root` changes them.
///
/// The whole section is looked at before any value is read: the effect of `data.root` on one path depends on where all
/// of them were written (see `FilePaths`), and the root may come after the files.
struct DataPlaces {
    /// How paths become absolute.
    let paths: FilePaths
    /// The absolute paths that another data.root would move.
    private(set) var movable: Set<String> = []

    init(_ section: Setting, _ paths: FilePaths) throws(ConfigurationError) {
        guard case .mapping(let entries) = section.node.content else {
            self.paths = paths
            return
        }
        let nodes = Self.sets.flatMap { name in
            entries.filter { $0.key == name }.flatMap { Self.files(of: $0.value) }
        }
        let own = nodes.filter { paths.isOwn($0.location.source) }.compactMap(\.word).map(FilePaths.withHome)
        var inside = paths
        if let root = entries.first(where: { $0.key == "root" }), !root.value.isNull {
            let setting = Setting(root.value, path: section.inside("root"), at: root.location)
            inside = paths.inside(
                try setting.path("the path of a folder"), writtenIn: root.value.location.source, files: own)
        }
        self.paths = inside
        for node in nodes {
            let source = node.location.source
            guard let word = node.word.map(FilePaths.withHome),
                inside.isMovable(word, writtenIn: source, files: own)
            else { continue }
            movable.insert(inside.absolute(word, writtenIn: source))
        }
    }

    private static let sets = ["train", "test", "validation"]

    /// The files of a data set, as they were written.
    private static func files(of set: ConfigurationNode) -> [ConfigurationNode] {
        guard case .mapping(let entries) = set.content,
            entries.first(where: { $0.key == "format" })?.value.word != DatasetSource.Format.inline.name
        else { return [] }
        return entries.filter { keys.contains($0.key) }.flatMap { entry in
            if case .sequence(let elements) = entry.value.content { elements } else { [entry.value] }
        }
    }

    /// The keys that name files.
    private static let keys = ["features", "labels", "files"]
}
