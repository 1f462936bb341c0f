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
    /// The shape of one example's labels: [] for one class, [T] or [H, W] for a class of each position, [K] or [T, K] for
    /// numbers.
    public package(set) var labelShape: [Int]
    /// Whether every example has a length, behind which its positions do not count.
    public internal(set) var hasLengths = false
    /// The axis of an example along which positions of a sequence follow each other, as the model reads them: 0 in [T, ...],
    /// 1 in [C, L]; nil for other examples.
    package internal(set) var positionAxis: Int?
    /// The tokens that text is cut into; nil for other data.
    package internal(set) var vocabulary: TextVocabulary?
    /// The examples of each file, where they follow one another as the file's text does; nil for other data.
    package internal(set) var fileExamples: [Int]?
    /// Lines of text that are longer than an example.
    package internal(set) var cutExamples = 0

    /// A layout whose sizes the caller has checked.
    public init(
        count: Int, exampleShape: [Int], elementType: ElementType, labels: LabelKind, classCount: Int?
    ) {
        self.count = count
        self.exampleShape = exampleShape
        self.elementType = elementType
        self.labels = labels
        self.classCount = classCount
        if case .targets(let width) = labels { labelShape = [width] } else { labelShape = [] }
    }

    /// The layout of `count` of the examples.
    func holding(_ count: Int) -> DatasetLayout {
        var layout = DatasetLayout(
            count: count, exampleShape: exampleShape, elementType: elementType, labels: labels,
            classCount: classCount)
        (layout.classNames, layout.featureNames) = (classNames, featureNames)
        (layout.wideFeatures, layout.lostNumbers) = (wideFeatures, lostNumbers)
        layout.wordColumns = wordColumns
        (layout.labelShape, layout.hasLengths, layout.positionAxis) = (labelShape, hasLengths, positionAxis)
        (layout.vocabulary, layout.cutExamples) = (vocabulary, cutExamples)
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
    /// example of three or more, and one for an example of two ([H, W] is an image without a channel dimension). Of
    /// sequences, the features of a position.
    public var channels: Int {
        if let positionAxis { return width / exampleShape[positionAxis] }
        return exampleShape.count == 2 ? 1 : exampleShape[0]
    }

    /// The number of features of one channel of one example; `width` = `channels` × `channelWidth`.
    public var channelWidth: Int { width / channels }

    /// Whether the values of a channel are not neighbours: positions of several features each.
    var channelsAreLast: Bool { positionAxis == 0 && exampleShape.count > 1 }

    /// The positions of an example, which its length counts: the extent along `positionAxis`, or the first extent.
    package var positions: Int { exampleShape[positionAxis ?? 0] }

    /// The labels or numbers of one example, each of 4 bytes.
    package var labelWidth: Int { labels == .none ? 0 : labelShape.reduce(1, *) }

    /// Bytes of all features.
    public var featureBytes: Int { count * width * elementType.size }

    /// Bytes of one example's labels, Int32 or Float.
    package var labelSize: Int { labelWidth * MemoryLayout<Int32>.size }

    /// Bytes of all labels.
    public var labelBytes: Int { count * labelSize }

    /// Bytes of all lengths, Int32.
    package var lengthBytes: Int { hasLengths ? count * MemoryLayout<Int32>.size : 0 }
}

extension DatasetLayout {
    /// The layout of a features array and, if there are any, its labels array and its lengths.
    ///
    /// Throws if features are of a refused shape, if there are none, or if there are more or fewer labels or lengths than
    /// examples, or labels of a shape that fits no meaning. Unless `task` says what labels are, integers are classes if
    /// each example has one, and all other labels are numbers.
    init(
        features: ArrayHeader, path: String, channelAdded: Bool, labels: (header: ArrayHeader, path: String)?,
        lengths: (header: ArrayHeader, path: String)? = nil, classCount: Int?, task: LabelTask?
    ) throws(DataError) {
        let shape = ArrayHeader.text(features.shape)
        let elementType: ElementType =
            switch features.scalar {
            case .uint8: .uint8
            case .float64: .float64
            // Whole numbers of other types become Float32, where that holds each exactly.
            default: .float32
            }
        guard features.shape.count >= 2 else {
            throw DataError(
                .unsupported, path: path, expected: "features of shape (examples, ...)", found: shape,
                advice: "save the array with shape (examples, 1) if each example has one feature"
                    + (features.scalar.hasFeatures ? "" : ", or swap the two files if these are labels"))
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
        let found: (kind: LabelKind, shape: [Int])
        do throws(DataError) {
            found = try Self.kind(of: labels, count: count, example: example, features: path, task: task)
        } catch { throw error.about("labels") }
        self.init(
            count: count, exampleShape: channelAdded && example.count == 2 ? [1] + example : example,
            elementType: elementType, labels: found.kind,
            classCount: found.kind == .classes ? classCount : nil)
        labelShape = found.shape
        guard let lengths else { return }
        try Self.check(lengths: lengths.header, path: lengths.path, count: count, features: path)
        hasLengths = true
    }

    private static func check(
        lengths: ArrayHeader, path: String, count: Int, features: String
    ) throws(DataError) {
        guard lengths.shape.first == count, lengths.shape.dropFirst().allSatisfy({ $0 == 1 }),
            !lengths.scalar.isFloat
        else {
            throw DataError(
                .mismatch, path: path,
                expected: "\(counted(count, "whole number")), a length for each example of \(features)",
                found: "\(lengths.scalar.rawValue) of shape \(ArrayHeader.text(lengths.shape))",
                advice: "save the lengths as (examples)"
            ).about("lengths")
        }
    }

    /// What labels are, and their shape for one example.
    private static func kind(
        of labels: (header: ArrayHeader, path: String)?, count: Int, example: [Int], features: String,
        task: LabelTask?
    ) throws(DataError) -> (kind: LabelKind, shape: [Int]) {
        guard let (header, path) = labels else { return (.none, []) }
        guard header.shape.first == count else {
            throw DataError(
                .mismatch, path: path,
                expected: "\(counted(count, "label")), as many as \(features) has examples",
                found: header.shape.first.map(String.init) ?? "a single number",
                advice: "name the features and labels of the same data set")
        }
        let shape = ArrayHeader.text(header.shape)
        let isFloat = header.scalar.isFloat
        guard !header.shape.contains(0), header.shape.count <= example.count + 2 else {
            throw DataError(
                .unsupported, path: path,
                expected: isFloat
                    ? "float targets of shape (examples, outputs)"
                    : "integer labels of shape (examples), (examples, outputs) or (examples, positions)",
                found: shape,
                advice: isFloat
                    ? "reshape the targets, or give the file of labels if these are features"
                    : "save class indices as (examples)")
        }
        let own = Array(header.shape.dropFirst())
        let width = own.reduce(1, *)
        guard !width.multipliedReportingOverflow(by: 4 * count).overflow else {
            throw DataError(
                .unsupported, path: path, expected: "targets that fit memory", found: shape,
                advice: "check how the file was made")
        }
        if task == .classification || task == nil && !isFloat && width == 1 {
            if width == 1 { return (.classes, []) }
            guard isPositions(own, of: example) else {
                throw DataError(
                    .unsupported, path: path,
                    expected: "class indices of shape (examples), or one for each position of the features",
                    found: shape,
                    advice:
                        "of one-hot rows save numpy.argmax(labels, axis=1); for several numbers to predict set task: regression"
                )
            }
            return (.classes, own)
        }
        return (.targets(width: width), own.isEmpty ? [1] : own)
    }

    /// Whether labels of this shape can be those of an example's positions: as many as a sequence (T) or (T, F) or (C, L)
    /// has, or those of an image.
    private static func isPositions(_ labels: [Int], of example: [Int]) -> Bool {
        switch (labels.count, example.count) {
        case (1, 1...2): labels[0] == example[0] || labels[0] == example[example.count - 1]
        case (2, 2...3): true
        default: false
        }
    }
}
