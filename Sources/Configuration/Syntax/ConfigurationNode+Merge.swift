/// Merge keys of YAML 1.1: "<<: *a" and "<<: [*a, *b]" stand for the entries of a and b that their mapping does not have
/// itself; of several the first counts.
extension ConfigurationNode {
    /// The key that others are merged by.
    static let mergeKey = "<<"

    /// Entries with those of `merged`, which stood behind a merge key, that they lack; theirs keep their places.
    static func entries(
        _ own: [Entry], merging merged: ConfigurationNode
    ) throws(ConfigurationError) -> [Entry] {
        var entries = own
        for entry in try merged.mergedEntries where !entries.contains(where: { $0.key == entry.key }) {
            entries.append(entry)
        }
        return entries
    }

    /// The entries that a merge key brings: of one mapping, or of a list of mappings in their order.
    private var mergedEntries: [Entry] {
        get throws(ConfigurationError) {
            switch content {
            case .mapping(let entries): return entries
            case .sequence(let nodes):
                var entries: [Entry] = []
                for node in nodes {
                    guard case .mapping(let more) = node.content else { throw node.isNoMerge }
                    entries += more
                }
                return entries
            case .scalar: throw isNoMerge
            }
        }
    }

    /// The error of a value behind a merge key that has no entries.
    private var isNoMerge: ConfigurationError {
        ConfigurationError(
            .wrongType, at: location, key: Self.mergeKey,
            "expected keys with values, or a list of such, to merge, found \(phrase)",
            advice: "write <<: *name, where &name stands before keys with values")
    }
}
