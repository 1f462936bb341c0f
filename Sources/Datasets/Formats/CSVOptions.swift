/// How a CSV file (RFC 4180) is read: which columns are features, labels and neither.
///
///     CSVOptions(label: [.name("price")], task: .regression)   // every other column is a feature
public struct CSVOptions: Sendable, Hashable {
    /// What labels are: one column of classes, whole numbers or words, or one or more columns of numbers.
    public typealias Task = LabelTask

    /// A column.
    public enum Column: Sendable, Hashable {
        /// By its name in the header.
        case name(String)
        /// By its place, from 0.
        case index(Int)

        /// As messages call it.
        var text: String {
            switch self {
            case .name(let name): "column \"\(DataError.shortened(name))\""
            case .index(let index): "column \(index)"
            }
        }
    }

    /// The columns to be predicted, in order; none for prediction.
    public var label: [Column]
    /// What labels are; nil for classes, unless the loss compares numbers and the model has one output.
    public var task: Task?
    /// Whether the first row holds the columns' names.
    public var hasHeader: Bool
    /// The byte between fields.
    public var delimiter: UInt8
    /// Columns that are neither features nor labels.
    public var ignored: [Column]

    /// Options with their defaults.
    public init(
        label: [Column], task: Task? = nil, hasHeader: Bool = true,
        delimiter: UInt8 = UInt8(ascii: ","), ignored: [Column] = []
    ) {
        precondition(task == .regression || label.count <= 1, "\(label.count) columns of classes")
        self.label = label
        self.task = task
        self.hasHeader = hasHeader
        self.delimiter = delimiter
        self.ignored = ignored
    }

    /// The same columns without labels: those that labels are in by name are skipped where a file has them.
    var withoutLabels: CSVOptions {
        var options = self
        options.label = []
        options.ignored += label
        return options
    }
}
