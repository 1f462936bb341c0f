/// The loaded bytes of a data set, wherever they live, with their layout; what batches are made from.
///
/// The memory is read only from here on. It must outlive the value, which `owner` can see to.
package struct StoredExamples: @unchecked Sendable {
    /// The sizes.
    package let layout: DatasetLayout
    /// N × width features of the layout's element type, aligned to it.
    package let features: UnsafeRawPointer
    /// N Int32 classes or N × K Float targets; nil when there are no labels.
    package let labels: UnsafeRawPointer?
    /// Whatever keeps the memory alive, if anything must.
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

    /// The class of each example, or nil when labels are not classes.
    package var classes: UnsafeBufferPointer<Int32>? {
        guard layout.labels == .classes, let labels else { return nil }
        return UnsafeBufferPointer(start: labels.assumingMemoryBound(to: Int32.self), count: layout.count)
    }

    /// The targets (N, K) row by row, or nil when labels are not targets.
    package var targets: UnsafeBufferPointer<Float>? {
        guard case .targets(let width) = layout.labels, let labels else { return nil }
        return UnsafeBufferPointer(
            start: labels.assumingMemoryBound(to: Float.self), count: layout.count * width)
    }

    /// Feeds everything that makes this data set what it is to `take`, in one order: a line of text with the
    /// layout, the features, the labels. Equal data sets feed equal bytes, so a hash of them can be compared
    /// across ranks.
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
