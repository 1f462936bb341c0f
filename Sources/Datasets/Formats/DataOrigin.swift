/// Where the bytes of a data file come from.
public enum DataOrigin: Sendable, Hashable {
    /// A file, by its path.
    case path(String)
    /// Bytes already in memory, under a name for messages.
    case memory(name: String, bytes: [UInt8])

    /// The name in messages.
    public var name: String {
        switch self {
        case .path(let path): path
        case .memory(let name, _): name
        }
    }
}
