/// The loaded bytes of a data set with their layout; batches are made from them.
///
/// The memory is not changed any more. It must outlive this value; `owner` can keep it alive.
package struct StoredExamples: @unchecked Sendable {
    package let layout: DatasetLayout
    /// N × width features of the layout's element type, aligned to it.
    package let features: UnsafeRawPointer
    /// N Int32 classes or N × K Float targets; nil when there are no labels.
    package let labels: UnsafeRawPointer?
    /// The object that keeps the memory alive; nil if none is needed.
    package let owner: (any AnyObject & Sendable)?

    /// Examples in memory that holds `layout.featureBytes` and `layout.labelBytes` checked bytes.
    package init(
        layout: DatasetLayout, features: UnsafeRawPointer, labels: UnsafeRawPointer?,
        owner: (any AnyObject & Sendable)? = nil
    ) {
        precondition(
            Int(bitPattern: features) % layout.elementType.size == 0,
            "features of \(layout.elementType) at \(features)")
        precondition(
            (labels == nil) == (layout.labelBytes == 0),
            "labels at \(String(describing: labels)) for \(layout.labels)")
        precondition(Int(bitPattern: labels) % 4 == 0, "labels at \(String(describing: labels))")
        self.layout = layout
        self.features = features
        self.labels = labels
        self.owner = owner
    }

    /// The class of each example; nil unless labels are classes.
    package var classes: UnsafeBufferPointer<Int32>? {
        guard layout.labels == .classes, let labels else { return nil }
        return UnsafeBufferPointer(start: labels.assumingMemoryBound(to: Int32.self), count: layout.count)
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
    }
}
