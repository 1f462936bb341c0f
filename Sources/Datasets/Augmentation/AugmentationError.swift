/// Augmentations that do not suit the data: a mistake of the configuration, not of the files.
public struct AugmentationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The setting, such as "data.augment.1.crop".
    public let key: String
    /// What is wrong and what would do.
    public let problem: String

    /// The setting and the problem, in one line.
    public var description: String { "\(key): \(String(problem.map { $0.isNewline ? "?" : $0 }))" }
}
