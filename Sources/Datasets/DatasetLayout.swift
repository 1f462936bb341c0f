import Messages

/// Everything about a data set but its bytes: sizes, types and names. It can be sent to other ranks as JSON.
public struct DatasetLayout: Sendable, Hashable, Codable {
    /// The number of examples, N; at least 1.
    public let count: Int
    /// The shape of one example: [C, H, W] for images, [K] for K features, else as in the file.
    public let exampleShape: [Int]
    /// How features are stored.
    public let elementType: ElementType
    /// The sort of labels.
    public let labels: LabelKind
    /// The number of classes: as declared, else one more than the largest label, which is known once labels are loaded;
    /// nil unless labels are classes.
    public internal(set) var classCount: Int?
    /// The labels that stand for the classes, if a file does not use class indices.
    public internal(set) var classNames: [String]?
    /// The names of the features' columns, if the file has them.
    public internal(set) var featureNames: [String]?
    /// The columns of features of a Float64 table that really need Float64, because Float32 would merge distinct numbers
    /// of theirs; the others are rounded to Float32. Nil if there are none.
    package internal(set) var wideFeatures: [Int]?
    /// Columns of a table with distinct numbers that were merged by rounding; nil if there are none.
    package internal(set) var lostNumbers: [LostNumbers]?
    /// The columns of words of a table, each word of which is a feature; nil if there are none.
    package internal(set) var wordColumns: [WordColumn]?

    /// A layout whose sizes the caller has checked.
    public init(
        count: Int, exampleShape: [Int], elementType: ElementType, labels: LabelKind, classCount: Int?
    ) {
        self.count = count
        self.exampleShape = exampleShape
        self.elementType = elementType
        self.labels = labels
        self.classCount = classCount
    }

    /// The layout of `count` of the examples.
    func holding(_ count: Int) -> DatasetLayout {
        var layout = DatasetLayout(
            count: count, exampleShape: exampleShape, elementType: elementType, labels: labels,
            classCount: classCount)
        (layout.classNames, layout.featureNames) = (classNames, featureNames)
        (layout.wideFeatures, layout.lostNumbers) = (wideFeatures, lostNumbers)
        layout.wordColumns = wordColumns
        return layout
    }

    /// The number of features of one example.
    public var width: Int { exampleShape.reduce(1, *) }

    /// The number of a table's columns of features: less than `width` if some hold words.
    package var columnCount: Int { width - (wordColumns ?? []).reduce(0) { $0 + $1.words.count - 1 } }

    /// The name of each feature, that of a word as "city=Bonn"; nil if the columns have none.
    package var inputNames: [String]? {
        guard let featureNames else { return nil }
        var words = Array(repeating: [String]?.none, count: featureNames.count)
        for column in wordColumns ?? [] where words.indices.contains(column.column) {
            words[column.column] = column.words
        }
        return zip(featureNames, words).flatMap { name, words in
            words.map { $0.map { "\(name)=\($0)" } } ?? [name]
        }
    }

    /// The channels that normalization treats separately: every feature of a [K] example, the first dimension of an
    /// example of three or more, and one for an example of two ([H, W] is an image without a channel dimension).
    public var channels: Int { exampleShape.count == 2 ? 1 : exampleShape[0] }

    /// The number of features of one channel of one example; `width` = `channels` × `channelWidth`.
    public var channelWidth: Int { width / channels }

    /// Bytes of all features.
    public var featureBytes: Int { count * width * elementType.size }

    /// Bytes of all labels.
    public var labelBytes: Int { count * labels.size }
}

extension DatasetLayout {
    /// The layout of a features array and, if there is one, its labels array.
    ///
    /// Throws if features are of a refused type or shape, if there are none, or if there are more or fewer labels than
    /// examples, or labels of another shape than (N), (N, 1) or (N, K). Unless `task` says what labels are, integers
    /// are classes if each example has one, and all other labels are numbers.
    init(
        features: ArrayHeader, path: String, channelAdded: Bool, labels: (header: ArrayHeader, path: String)?,
        classCount: Int?, task: LabelTask?
    ) throws(DataError) {
        let shape = ArrayHeader.text(features.shape)
        let elementType: ElementType
        switch features.scalar {
        case .uint8: elementType = .uint8
        case .float32: elementType = .float32
        case .float64: elementType = .float64
        default:
            // Float32 would merge whole numbers beyond 2²⁴.
            let type = features.scalar.size < 4 ? "float32" : "float64"
            throw DataError(
                .unsupported, path: path, expected: "features of uint8, float32 or float64",
                found: features.scalar.rawValue,
                advice: "save the features as \(type), or swap the two files if these are labels")
        }
        guard features.shape.count >= 2 else {
            throw DataError(
                .unsupported, path: path, expected: "features of shape (examples, ...)", found: shape,
                advice: "save the array with shape (examples, 1) if each example has one feature")
        }
        guard !features.shape.contains(0) else {
            throw DataError(
                .empty, path: path, expected: "at least one example of one feature", found: "shape \(shape)",
                advice: "check how the file was made")
        }
        let count = features.shape[0]
        guard count <= Int(Int32.max) else {
            throw DataError(
                .unsupported, path: path, expected: "at most \(Int32.max) examples", found: "\(count)",
                advice: "split the data set")
        }
        let example = Array(features.shape.dropFirst())
        let kind = try Self.kind(of: labels, count: count, features: path, task: task)
        self.init(
            count: count, exampleShape: channelAdded && example.count == 2 ? [1] + example : example,
            elementType: elementType, labels: kind, classCount: kind == .classes ? classCount : nil)
    }

    private static func kind(
        of labels: (header: ArrayHeader, path: String)?, count: Int, features: String, task: LabelTask?
    ) throws(DataError) -> LabelKind {
        guard let (header, path) = labels else { return .none }
        guard header.shape.first == count else {
            throw DataError(
                .mismatch, path: path,
                expected: "\(counted(count, "label")), as many as \(features) has examples",
                found: header.shape.first.map(String.init) ?? "a single number",
                advice: "name the features and labels of the same data set")
        }
        let shape = ArrayHeader.text(header.shape)
        let isFloat = header.scalar.isFloat
        guard header.shape.count <= 2, !header.shape.contains(0) else {
            throw DataError(
                .unsupported, path: path,
                expected: isFloat
                    ? "float targets of shape (examples, outputs)"
                    : "integer labels of shape (examples) or (examples, outputs)",
                found: shape,
                advice: isFloat
                    ? "reshape the targets, or give the file of labels if these are features"
                    : "save class indices as (examples)")
        }
        let width = header.shape.count == 2 ? header.shape[1] : 1
        if task == .classification || task == nil && !isFloat && width == 1 {
            guard width == 1 else {
                throw DataError(
                    .unsupported, path: path, expected: "class indices of shape (examples)", found: shape,
                    advice:
                        "of one-hot rows save numpy.argmax(labels, axis=1); for several numbers to predict set task: regression"
                )
            }
            return .classes
        }
        guard !width.multipliedReportingOverflow(by: 4 * count).overflow else {
            throw DataError(
                .unsupported, path: path, expected: "targets that fit memory", found: shape,
                advice: "check how the file was made")
        }
        return .targets(width: width)
    }
}
