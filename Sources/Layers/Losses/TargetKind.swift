/// What a data set says about its examples beside their features.
public enum TargetKind: Sendable, Hashable {
    /// A class label below this number.
    case classes(Int)
    /// A tensor of this shape.
    case values([Int])
    /// Nothing: only predictions can be made.
    case none
}
