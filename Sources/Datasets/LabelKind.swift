/// What a data set knows of each example besides its features.
public enum LabelKind: Sendable, Hashable, Codable {
    /// Nothing: the data set is for prediction only.
    case none
    /// A class index, or one for each of an example's positions, stored as Int32; −1 where a position does not count.
    case classes
    /// A row of `width` Float32 numbers to regress to.
    case targets(width: Int)
}
