/// A model that does not fit its data or what is asked for.
public enum ModelDataError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Batch norm in training would normalize a single value per channel, which has no variance.
    case singleValueBatchNorm(examples: Int)
    /// A metric that cannot be computed for the model or the data; the message.
    case metric(String)

    public var description: String {
        switch self {
        case .singleValueBatchNorm(let examples):
            "batch norm over one value per channel has no variance (a mini-batch of \(examples)): change training.batch"
        case .metric(let problem):
            "evaluation.metrics: \(problem)"
        }
    }
}
