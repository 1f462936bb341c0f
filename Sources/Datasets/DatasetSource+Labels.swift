/// What labels are taken as, and where they stand.
extension DatasetSource {
    /// What whoever would like labels to be `wanted` gets: that, unless the source says itself what they are.
    ///
    /// Floats are classes only where each is a whole number from 0, and integers of a declared number of classes are no
    /// numbers. Reads headers, and labels that are floats.
    package func task(wanted: LabelTask) throws(DataError) -> LabelTask? {
        if let task { return task }
        switch (format, wanted) {
        case (.records, _): return nil
        case (_, .regression): return classCount == nil ? .regression : nil
        case (.csv, .classification): return .classification
        case (.idx, .classification), (.npy, .classification):
            guard let labels = try open().labels else { return nil }
            guard labels.header.scalar.isFloat else { return .classification }
            guard labels.header.shape.dropFirst().allSatisfy({ $0 == 1 }) else { return nil }
            for file in labels.files where try !LabelDecoder(file).holdsClasses() { return nil }
            return .classification
        }
    }

    /// The sizes as far as they can be told without reading rows of a table: of one only the shape of its examples.
    package func outline() throws(DataError) -> DatasetLayout {
        guard format == .csv, let count = try table.featureCount() else { return try inspect() }
        return DatasetLayout(
            count: 1, exampleShape: [count], elementType: .float32, labels: .none,
            classCount: nil)
    }

    /// What messages call the labels: their files, or the whole data where labels stand in it.
    package var labelsName: String {
        guard let first = labels.first else { return name }
        return labels.count == 1 ? first.name : "\(first.name) and \(labels.count - 1) more"
    }

    /// Where the label of an example stands, for messages: the file, and the example's number in it.
    package func place(ofLabel example: Int) -> (path: String, example: Int) {
        var first = 0
        if labels.count > 1, let files = try? ArrayFiles(labels, format: format).files {
            for file in files {
                let count = file.header.shape.first ?? 0
                if example < first + count { return (file.name, example - first) }
                first += count
            }
        }
        return (labelsName, example)
    }
}
