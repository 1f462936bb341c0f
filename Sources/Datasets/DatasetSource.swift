/// A data set on disk: its format and files.
///
/// Loading has two steps, so that one process can read for others and the caller can provide the memory: `inspect`
/// gives the sizes, and `load` reads the content into memory of those sizes.
public struct DatasetSource: Sendable, Hashable {
    /// A file format; each file may be compressed with gzip.
    public enum Format: Sendable, Hashable {
        /// MNIST's IDX.
        case idx
        /// NumPy's .npy, with features and labels in separate files.
        case npy
        /// Comma-separated values, with features and labels in one table.
        case csv
        /// Rows that stand in the configuration itself.
        case inline
        /// Text, whose tokens are the features.
        case text
        /// Whole examples, in the record format of this name.
        case records(String)

        /// The binary version of CIFAR-10.
        public static let cifar10 = Format.records(CIFAR10Files().name)

        /// The name in a configuration.
        public var name: String {
            switch self {
            case .idx: "idx"
            case .npy: "npy"
            case .csv: "csv"
            case .inline: "inline"
            case .text: "text"
            case .records(let name): name
            }
        }

        /// Whether features and labels are in separate files.
        package var hasLabelFiles: Bool { self == .idx || self == .npy }
    }

    /// The format of all files.
    public let format: Format
    /// The files of features, (N, ...), in order; the whole data for formats that store labels with features.
    package internal(set) var features: [DataOrigin]
    /// The files of labels, (N) integers or (N, K) floats, in order; empty without labels or separate label files.
    package internal(set) var labels: [DataOrigin]
    /// The files of lengths, (N) integers, in order; empty where all positions of examples count.
    package internal(set) var lengths: [DataOrigin] = []
    /// The label of positions that do not count.
    var ignoredLabel = -100
    /// The axis of an example along which the model reads positions of a sequence; nil for other examples.
    var positionAxis: Int?
    /// The number of classes that labels must fit; nil to find it from the labels.
    public private(set) var classCount: Int?
    /// How columns are read, for CSV.
    package private(set) var csv: CSVOptions
    /// What labels in separate files are; nil to decide by their type.
    private var arrayTask: LabelTask?
    /// How text becomes examples.
    private(set) var textOptions = TextOptions()
    /// The tokens that text must consist of; nil to find them in the text.
    private var knownVocabulary: TextVocabulary?
    /// The reader of files of whole examples; nil for other formats.
    private var records: RecordReader?
    /// Whether labels that are stored with features are read.
    package private(set) var readsLabels = true
    /// The classes that a table's labels must be among, in order; nil to find them in the table.
    package private(set) var knownClasses: [String]?
    /// The features that a table must have, in order; nil to find them in the table.
    private var knownFeatures: [String]?
    /// The features of a table that are kept in Float64; nil for those that need it.
    private var knownWide: [Int]?
    /// The columns of words that a table must have; nil to find them in the table.
    private var knownWords: [WordColumn]?
    /// The examples of inline data; nil for other formats.
    package private(set) var inline: InlineExamples?
    /// How many examples are used; nil for all.
    var limit: ExampleLimit?
    /// The data set with its labels, which decide the sample of one without; empty or one.
    var sampledBy: [DatasetSource] = []

    /// A data set in one file of features and one of labels.
    ///
    ///     let source = DatasetSource(
    ///         format: .idx, features: "train-images-idx3-ubyte.gz", labels: "train-labels-idx1-ubyte.gz")
    ///     let layout = try source.inspect()   // 60000 examples of [1, 28, 28]
    ///
    /// `task` says what labels are; if nil, integers are classes and floats are numbers, unless the loss needs the
    /// opposite.
    /// `lengths` names a file of how many positions of each example count, for sequences of unlike lengths: 1 to T. What
    /// stands behind them counts nowhere.
    public init(
        format: Format, features: String, labels: String?, lengths: String? = nil, classCount: Int? = nil,
        task: LabelTask? = nil
    ) {
        self.init(
            format: format, features: [features], labels: labels.map { [$0] } ?? [],
            lengths: lengths.map { [$0] } ?? [], classCount: classCount, task: task)
    }

    /// A data set in several files of features, of labels and of lengths, each list concatenated in order.
    public init(
        format: Format, features: [String], labels: [String], lengths: [String] = [], classCount: Int? = nil,
        task: LabelTask? = nil
    ) {
        self.init(
            format: format, features: features.map(DataOrigin.path), labels: labels.map(DataOrigin.path),
            classCount: classCount)
        guard format.hasLabelFiles else { return }
        arrayTask = task
        self.lengths = lengths.map(DataOrigin.path)
    }

    /// A data set in CSV files, concatenated in order.
    ///
    ///     DatasetSource(csv: ["houses.csv"], options: CSVOptions(label: [.name("price")], task: .regression))
    public init(csv files: [String], options: CSVOptions, classCount: Int? = nil) {
        self.init(csv: files.map(DataOrigin.path), options: options, classCount: classCount)
    }

    /// A data set of text in files, in order, each of which begins with an example of its own.
    ///
    ///     DatasetSource(text: ["bible.txt"], options: TextOptions(tokens: .characters, length: 128))
    public init(text files: [String], options: TextOptions) {
        self.init(text: files.map(DataOrigin.path), options: options)
    }

    /// A data set in files of whole examples, concatenated in order.
    public init(_ format: some RecordFormat, files: [String]) {
        self.init(format, at: files.map(DataOrigin.path))
    }

    /// A data set of a format of records, in files or in memory.
    init(_ format: some RecordFormat, at origins: [DataOrigin]) {
        self.init(format: .records(format.name), features: origins, labels: [DataOrigin]())
        records = RecordReader(format: format)
    }

    /// Whether the data are tokens or numbers made for a purpose, which are taken as they are unless it is said otherwise.
    package var isTakenAsItIs: Bool {
        format == .text || format == .records(SyntheticSequences.formatName)
    }

    /// A data set in batches of CIFAR-10's binary version, concatenated in order.
    public init(cifar10 files: [String]) { self.init(CIFAR10Files(), files: files) }

    /// A data set of examples that stand in the configuration itself.
    package init(inline: InlineExamples, classCount: Int? = nil, task: LabelTask? = nil) {
        self.init(
            format: .inline, features: [.memory(name: InlineExamples.name, bytes: [])], labels: [],
            classCount: classCount)
        self.inline = inline
        arrayTask = task
    }

    /// A data set in one file of features and one of labels, or in memory.
    package init(format: Format, features: DataOrigin, labels: DataOrigin?, classCount: Int? = nil) {
        self.init(
            format: format, features: [features], labels: labels.map { [$0] } ?? [], classCount: classCount)
    }

    /// A data set in CSV files or in memory.
    package init(csv files: [DataOrigin], options: CSVOptions, classCount: Int? = nil) {
        self.init(format: .csv, features: files, labels: [], classCount: classCount, csv: options)
    }

    /// A data set of text in files or in memory.
    package init(text files: [DataOrigin], options: TextOptions) {
        self.init(format: .text, features: files, labels: [])
        textOptions = options
    }

    package init(
        format: Format, features: [DataOrigin], labels: [DataOrigin], classCount: Int? = nil,
        csv: CSVOptions = CSVOptions(label: [])
    ) {
        precondition(classCount ?? 1 > 0, "a data set of \(classCount ?? 0) classes")
        precondition(!features.isEmpty, "a data set in no file")
        precondition(format.hasLabelFiles || labels.isEmpty, "label files of \(format.name)")
        self.format = format
        self.features = features
        self.labels = labels
        self.classCount = classCount
        self.csv = csv
        if format == .cifar10 { records = RecordReader(format: CIFAR10Files()) }
    }

    /// The data set's name in messages: the first features' path, and how many files more there are.
    public var name: String {
        features.count == 1 ? features[0].name : "\(features[0].name) and \(features.count - 1) more"
    }

    /// What labels are, if the source states it.
    public var task: LabelTask? {
        switch format {
        case .csv: csv.task
        case .text: .classification
        case .idx, .npy, .inline, .records: arrayTask
        }
    }

    /// The data set with labels that mean `task`; nil leaves it as it is.
    package func taking(_ task: LabelTask?) -> DatasetSource {
        guard let task else { return self }
        var source = self
        source.sampledBy = sampledBy.map { $0.taking(task) }
        switch format {
        case .csv: source.csv.task = task
        case .idx, .npy, .inline: source.arrayTask = task
        case .records, .text: break
        }
        return source
    }

    /// The data set as a model and its loss read it.
    ///
    /// - Parameters:
    ///   - positionAxis: The axis of an example along which the model reads positions of a sequence; nil for none.
    ///   - ignoredLabel: The label of positions that do not count.
    package func reading(positionAxis: Int?, ignoredLabel: Int) -> DatasetSource {
        var source = self
        (source.positionAxis, source.ignoredLabel) = (positionAxis, ignoredLabel)
        source.sampledBy = sampledBy.map {
            $0.reading(positionAxis: positionAxis, ignoredLabel: ignoredLabel)
        }
        return source
    }

    /// The data set with the classes and features of the data that a model was or will be trained on: a table's labels
    /// get those numbers, its columns that order, its numbers that precision, its words those features. Other formats do
    /// not change, nor do classes whose number is declared.
    package func following(
        classes: Int?, names: [String]?, features: [String]? = nil, wideFeatures: [Int]? = nil,
        words: [WordColumn]? = nil, vocabulary: TextVocabulary? = nil
    ) -> DatasetSource {
        var source = self
        if format == .text {
            source.knownVocabulary = vocabulary
            source.knownClasses = names
        }
        if case .words = inline?.labels, classCount == nil { source.knownClasses = names }
        guard format == .csv else { return source }
        source.knownFeatures = features
        source.knownWide = wideFeatures ?? []
        source.knownWords = words ?? []
        guard csv.task != .regression, classCount == nil else { return source }
        source.knownClasses = names
        if names == nil { source.classCount = classes }
        return source
    }

    /// The table without these columns.
    package func ignoring(_ columns: [CSVOptions.Column]) -> DatasetSource {
        var source = self
        source.csv.ignored = columns
        return source
    }

    /// The data set without labels, for prediction.
    package var withoutLabels: DatasetSource {
        var source = self
        if limit != nil, hasLabels { source.sampledBy = [self] }
        source.inline = inline?.withoutLabels
        source.labels = []
        source.csv = csv.withoutLabels
        source.classCount = nil
        source.arrayTask = nil
        (source.knownClasses, source.knownFeatures, source.knownWide) = (nil, nil, nil)
        source.knownWords = nil
        source.knownVocabulary = nil
        source.readsLabels = false
        return source
    }

    /// Reads the headers, or all rows of a table, and checks them against each other and against the files' sizes. An
    /// IDX set of (N, H, W) gets one channel: [1, H, W].
    ///
    /// Allocates nothing whose size a header claims. For arrays, `classCount` is the declared one and is complete only
    /// after `load`.
    public func inspect() throws(DataError) -> DatasetLayout {
        let layout =
            switch format {
            case .idx, .npy: try open().layout
            case .csv: try table.inspect()
            case .inline:
                try examplesInline.layout(task: arrayTask, classCount: classCount, known: knownClasses)
            case .text: try text.inspect()
            case .records: try recordFormat.inspect(features, readsLabels: readsLabels)
            }
        try AlignedMemory.requireRoom(
            for: layout.featureBytes + layout.labelBytes + layout.lengthBytes, path: name)
        guard let limit, limit.count < layout.count else { return layout }
        return layout.holding(limit.count)
    }

    /// Reads the content into memory of `layout.featureBytes`, `layout.labelBytes` and `layout.lengthBytes` bytes, aligned
    /// to 8, and checks every value. Returns the layout with its class count.
    ///
    /// Throws if a file is broken or has changed since `inspect`, a feature or target is not finite, or a label is
    /// outside its classes; the memory's content is then undefined.
    package func load(
        _ layout: DatasetLayout, features: UnsafeMutableRawBufferPointer,
        labels: UnsafeMutableRawBufferPointer,
        lengths: UnsafeMutableRawBufferPointer = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    ) throws(DataError) -> DatasetLayout {
        precondition(
            features.count == layout.featureBytes && labels.count == layout.labelBytes
                && lengths.count == layout.lengthBytes,
            "\(features.count), \(labels.count) and \(lengths.count) bytes for \(layout)")
        precondition(
            Int(bitPattern: features.baseAddress) % 8 == 0 && Int(bitPattern: labels.baseAddress) % 8 == 0,
            "memory of a data set is aligned to 8 bytes")
        if let limit {
            return try loadSample(layout, of: limit, features: features, labels: labels, lengths: lengths)
        }
        guard let featureBase = features.baseAddress else { return layout }
        let labelBase = layout.labelBytes > 0 ? labels.baseAddress : nil
        switch format {
        case .idx, .npy:
            return try loadArrays(
                layout, features: features, labels: labelBase,
                lengths: layout.hasLengths ? lengths.baseAddress?.assumingMemoryBound(to: Int32.self) : nil)
        case .csv:
            try table.load(layout, features: featureBase, labels: labelBase)
        case .inline:
            return try examplesInline.load(
                layout, features: featureBase, labels: labelBase, classCount: classCount)
        case .text:
            guard let lengths = lengths.baseAddress else { return layout }
            try text.load(
                layout, features: featureBase, labels: labelBase,
                lengths: lengths.assumingMemoryBound(to: Int32.self))
        case .records:
            try recordFormat.load(self.features, layout, features: featureBase, labels: labelBase)
        }
        return layout
    }

    private var examplesInline: InlineExamples {
        guard let inline else { preconditionFailure("inline data without examples") }
        return inline
    }

    package var recordFormat: any RecordFormat {
        guard let records else { preconditionFailure("\(format.name) data have no format of records") }
        return records.format
    }

    /// The text of files.
    private var text: TextFiles {
        TextFiles(
            files: features, options: textOptions, known: knownVocabulary, classes: knownClasses,
            readsLabels: readsLabels)
    }

    /// The table of CSV files.
    var table: CSVTable {
        CSVTable(
            files: features, options: csv, classCount: classCount, knownClasses: knownClasses,
            knownFeatures: knownFeatures, knownWide: knownWide, knownWords: knownWords)
    }
}

/// A format of records; two are equal if their names and options are.
private struct RecordReader: Sendable, Hashable {
    let format: any RecordFormat

    static func == (a: RecordReader, b: RecordReader) -> Bool {
        a.format.name == b.format.name && a.format.options == b.format.options
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(format.name)
        hasher.combine(format.options)
    }
}
