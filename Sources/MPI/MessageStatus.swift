/// What arrived: from whom, with which tag, how many elements.
public struct MessageStatus: Sendable, Equatable {
    /// The sender's rank.
    public let source: Int
    /// The message's tag.
    public let tag: Int
    /// Number of elements received.
    public let count: Int
}
