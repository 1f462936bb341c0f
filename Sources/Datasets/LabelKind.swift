/// What a data set knows of each example besides its features.
public enum LabelKind: Sendable, Hashable, Codable {
    /// Nothing: the data set is for prediction only.
    case none
    /// A class index, stored as Int32.
    case classes
    /// A row of `width` Float32 numbers to regress to.
    case targets(width: Int)

    /// Bytes of one example's label.
    public var size: Int {
        switch self {
        case .none: 0
        case .classes: MemoryLayout<Int32>.size
        case .targets(let width): width * MemoryLayout<Float>.size
        }
    }
}
