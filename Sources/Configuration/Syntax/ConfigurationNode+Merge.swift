/// Merge keys of YAML 1.1: "<<: *a" and "<<: [*a, *b]" add those entries of a and b that the mapping lacks; if both
/// have a key, the first counts.
extension ConfigurationNode {
    static let mergeKey = "<<"

    /// The entries `own`, followed by those entries of `merged`, the value of a merge key, whose keys they lack.
    static func entries(
        _ own: [Entry], merging merged: ConfigurationNode
    ) throws(ConfigurationError) -> [Entry] {
        var entries = own
        for entry in try merged.mergedEntries where !entries.contains(where: { $0.key == entry.key }) {
            entries.append(entry)
        }
        return entries
    }

    /// The entries that a merge key adds: those of one mapping, or of a list of mappings in their order.
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

    /// The error for a merge key whose value has no entries.
    private var isNoMerge: ConfigurationError {
        ConfigurationError(
            .wrongType, at: location, key: Self.mergeKey,
            "expected keys with values, or a list of such, to merge, found \(phrase)",
            advice: "write <<: *name, where &name stands before keys with values")
    }
}
