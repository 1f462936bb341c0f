/// A model that does not go with its data or with what is asked of it.
public enum ModelDataError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Batch norm over a single value has no variance.
    case singleValueBatchNorm(examples: Int)
    /// A metric that the model or the data does not have.
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
