/// Augmentations that do not fit the data: a mistake in the configuration, not in the files.
public struct AugmentationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The setting, such as "data.augment.1.crop".
    public let key: String
    /// What is wrong and what would be right.
    public let problem: String

    /// The setting and the problem, always in one line.
    public var description: String { "\(key): \(String(problem.map { $0.isNewline ? "?" : $0 }))" }
}
