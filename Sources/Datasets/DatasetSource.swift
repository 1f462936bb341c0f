/// A data set on disk: its format and files.
///
/// Loading has two steps, so that one process can read for others and the memory can be anyone's: `inspect`
/// reads headers and gives the sizes, `load` streams the content into memory of those sizes.
public struct DatasetSource: Sendable, Hashable {
    /// A file format; either may be compressed with gzip.
    public enum Format: String, Sendable, Hashable, CaseIterable {
        /// MNIST's IDX.
        case idx
        /// NumPy's .npy, features and labels in a file each.
        case npy
    }

    /// The format of both files.
    public let format: Format
    /// The file of features, (N, ...).
    package let features: DataOrigin
    /// The file of labels, (N) integers or (N, K) floats, if there is one.
    package let labels: DataOrigin?
    /// The number of classes if the labels must fit it.
    public let classCount: Int?

    /// A data set in files.
    ///
    ///     let source = DatasetSource(
    ///         format: .idx, features: "train-images-idx3-ubyte.gz", labels: "train-labels-idx1-ubyte.gz")
    ///     let layout = try source.inspect()   // 60000 examples of [1, 28, 28]
    public init(format: Format, features: String, labels: String?, classCount: Int? = nil) {
        self.init(
            format: format, features: .path(features), labels: labels.map(DataOrigin.path),
            classCount: classCount)
    }

    /// A data set in files or in memory.
    package init(format: Format, features: DataOrigin, labels: DataOrigin?, classCount: Int? = nil) {
        precondition(classCount ?? 1 > 0, "a data set of \(classCount ?? 0) classes")
        self.format = format
        self.features = features
        self.labels = labels
        self.classCount = classCount
    }

    /// What messages call the data set: the features' path.
    public var name: String { features.name }

    /// Reads the headers and checks them against each other and against the files' sizes. An IDX set of (N,
    /// H, W) gets one channel: [1, H, W].
    ///
    /// Allocates nothing that depends on what a header claims. `classCount` is the declared one: it is
    /// complete only after `load`.
    public func inspect() throws(DataError) -> DatasetLayout {
        try open().layout
    }

    /// Streams the content into memory of `layout.featureBytes` and `layout.labelBytes` bytes, aligned to 8,
    /// and checks every value. Returns the layout with its class count.
    ///
    /// Throws when a file is broken or no longer what was inspected, a feature or target is not finite, or a
    /// label is outside its classes; the memory's content is then undefined.
    package func load(
        _ layout: DatasetLayout, features: UnsafeMutableRawBufferPointer,
        labels: UnsafeMutableRawBufferPointer
    ) throws(DataError) -> DatasetLayout {
        precondition(
            features.count == layout.featureBytes && labels.count == layout.labelBytes,
            "\(features.count) and \(labels.count) bytes for \(layout)")
        precondition(
            Int(bitPattern: features.baseAddress) % 8 == 0 && Int(bitPattern: labels.baseAddress) % 8 == 0,
            "memory of a data set is aligned to 8 bytes")
        let files = try open()
        var inspected = layout
        inspected.classCount = files.layout.classCount
        guard files.layout == inspected, let featureBase = features.baseAddress else {
            throw DataError(
                .mismatch, path: name, expected: "the file that was inspected", found: "another",
                advice: "do not change data files while they are read")
        }
        try files.features.read(into: features)
        try ExampleChecks.features(featureBase, layout: layout, path: name)
        var complete = layout
        guard let file = files.labels, let labelBase = labels.baseAddress else { return complete }
        switch layout.labels {
        case .none: break
        case .classes:
            let classes = labelBase.bindMemory(to: Int32.self, capacity: layout.count)
            try LabelDecoder(file).classes(into: classes)
            complete.classCount = try ExampleChecks.classes(
                classes, count: layout.count, declared: classCount, path: file.name)
        case .targets(let width):
            let targets = labelBase.bindMemory(to: Float.self, capacity: layout.count * width)
            try LabelDecoder(file).targets(into: targets)
            try ExampleChecks.targets(targets, count: layout.count, width: width, path: file.name)
        }
        return complete
    }

    private func open() throws(DataError) -> (layout: DatasetLayout, features: ArrayFile, labels: ArrayFile?)
    {
        let features = try ArrayFile(features, format: format)
        var labelFile: ArrayFile?
        if let labels { labelFile = try ArrayFile(labels, format: format) }
        let layout = try DatasetLayout(
            features: features.header, path: features.name, channelAdded: format == .idx,
            labels: labelFile.map { ($0.header, $0.name) }, classCount: classCount)
        return (layout, features, labelFile)
    }
}
