/// How a CSV file (RFC 4180) is read: which columns are features, which are labels and which are ignored.
///
///     CSVOptions(label: [.name("price")], task: .regression)   // every other column is a feature
public struct CSVOptions: Sendable, Hashable {
    /// What labels are: one column of classes, whole numbers or words, or one or more columns of numbers.
    public typealias Task = LabelTask

    /// A column, by name or place.
    public enum Column: Sendable, Hashable {
        /// The column with this name in the header.
        case name(String)
        /// The column at this place, from 0.
        case index(Int)

        /// The column in the words of messages.
        var text: String {
            switch self {
            case .name(let name): "column \"\(DataError.shortened(name))\""
            case .index(let index): "column \(index)"
            }
        }
    }

    /// The columns to predict, in order; none if the table is only for prediction.
    public var label: [Column]
    /// What labels are; if nil, classes, unless the loss compares numbers and the model has one output.
    public var task: Task?
    /// Whether the first row holds the columns' names.
    public var hasHeader: Bool
    /// The byte between fields.
    public var delimiter: UInt8
    /// Columns that are neither features nor labels.
    public var ignored: [Column]

    /// Options for the labels `label`; the defaults are a header, commas and no ignored columns.
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

    /// The same columns without labels: label columns that are given by name are skipped if a file has them.
    var withoutLabels: CSVOptions {
        var options = self
        options.label = []
        options.ignored += label
        return options
    }
}
