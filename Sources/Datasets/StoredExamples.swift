/// The loaded bytes of a data set with their layout; batches are made from them.
///
/// The memory is not changed any more. It must outlive this value; `owner` can keep it alive.
package struct StoredExamples: @unchecked Sendable {
    package let layout: DatasetLayout
    /// N × width features of the layout's element type, aligned to it.
    package let features: UnsafeRawPointer
    /// N Int32 classes, N × positions of them, or N × K Float targets; nil when there are no labels.
    package let labels: UnsafeRawPointer?
    /// How many positions of each example count, from 1; nil where all do. Features behind them are 0.
    package let lengths: UnsafeBufferPointer<Int32>?
    /// The object that keeps the memory alive; nil if none is needed.
    package let owner: (any AnyObject & Sendable)?

    /// Examples in memory that holds `layout.featureBytes`, `layout.labelBytes` and `layout.lengthBytes` checked bytes.
    package init(
        layout: DatasetLayout, features: UnsafeRawPointer, labels: UnsafeRawPointer?,
        lengths: UnsafeRawPointer? = nil, owner: (any AnyObject & Sendable)? = nil
    ) {
        precondition(
            Int(bitPattern: features) % layout.elementType.size == 0,
            "features of \(layout.elementType) at \(features)")
        precondition(
            (labels == nil) == (layout.labelBytes == 0),
            "labels at \(String(describing: labels)) for \(layout.labels)")
        precondition(Int(bitPattern: labels) % 4 == 0, "labels at \(String(describing: labels))")
        precondition((lengths != nil) == layout.hasLengths, "lengths at \(String(describing: lengths))")
        self.layout = layout
        self.features = features
        self.labels = labels
        self.owner = owner
        self.lengths = lengths.map {
            UnsafeBufferPointer(start: $0.assumingMemoryBound(to: Int32.self), count: layout.count)
        }
    }

    /// The class of each example; nil unless each has one.
    package var classes: UnsafeBufferPointer<Int32>? { layout.labelShape.isEmpty ? classIndices : nil }

    /// The classes of each example's positions (N, ...labelShape), −1 where a position does not count, or of the examples
    /// (N); nil unless labels are classes.
    package var classIndices: UnsafeBufferPointer<Int32>? {
        guard layout.labels == .classes, let labels else { return nil }
        return UnsafeBufferPointer(
            start: labels.assumingMemoryBound(to: Int32.self), count: layout.count * layout.labelWidth)
    }

    /// The targets (N, K) row by row; nil unless labels are targets.
    package var targets: UnsafeBufferPointer<Float>? {
        guard case .targets(let width) = layout.labels, let labels else { return nil }
        return UnsafeBufferPointer(
            start: labels.assumingMemoryBound(to: Float.self), count: layout.count * width)
    }

    /// Passes all content to `take` in a fixed order: a line of text with the layout, the features, the labels. Equal
    /// data sets pass equal bytes, so a hash of them can be compared across ranks.
    package func feedContent(to take: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        let classes = layout.classCount.map(String.init) ?? "-"
        let shape = layout.exampleShape.map(String.init).joined(separator: "x")
        let kind =
            switch layout.labels {
            case .none: "none"
            case .classes: "classes"
            case .targets(let width): "targets \(width)"
            }
        let line =
            "dtrain data 1, \(layout.count) x \(shape) \(layout.elementType.rawValue), \(kind), \(classes)\n"
        try Array(line.utf8).withUnsafeBytes(take)
        try take(UnsafeRawBufferPointer(start: features, count: layout.featureBytes))
        try take(UnsafeRawBufferPointer(start: labels, count: layout.labelBytes))
        if let lengths { try take(UnsafeRawBufferPointer(lengths)) }
    }
}
