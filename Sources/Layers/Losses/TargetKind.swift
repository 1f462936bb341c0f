/// What a data set holds for each example beside the features.
public enum TargetKind: Sendable, Hashable {
    /// A class label from 0 to below this number.
    case classes(Int)
    /// A tensor of this shape, for regression.
    case values([Int])
    /// Nothing: only predictions can be made.
    case none
}
