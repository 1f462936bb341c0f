/// What labels mean, and where they are.
extension DatasetSource {
    /// The task of the labels if `wanted` is asked for: `wanted`, or nil if the labels cannot be that; but if the
    /// source states a task, always that.
    ///
    /// Floats can be classes only if each is a whole number from 0. Labels with a declared number of classes cannot be
    /// numbers. Reads headers, and labels that are floats.
    package func task(wanted: LabelTask) throws(DataError) -> LabelTask? {
        if let labelled = sampledBy.first { return try labelled.task(wanted: wanted) }
        if let task { return task }
        switch (format, wanted) {
        case (.inline, .classification):
            return inline?.canBeClasses == true || !hasLabels ? .classification : nil
        case (.records, _), (.text, _): return nil
        case (_, .regression): return classCount == nil ? .regression : nil
        case (.csv, .classification): return .classification
        case (.idx, .classification), (.npy, .classification):
            guard let labels = try open().labels else { return nil }
            guard labels.header.scalar.isFloat else { return .classification }
            guard labels.header.shape.dropFirst().allSatisfy({ $0 == 1 }) else { return nil }
            for file in labels.files where try !ArrayDecoder(file).holdsClasses() { return nil }
            return .classification
        }
    }

    /// The sizes as far as they are known without reading the rows of a table, for which only the shape of examples is
    /// right.
    package func outline() throws(DataError) -> DatasetLayout {
        if format == .text {
            return DatasetLayout(
                count: 1, exampleShape: [textOptions.length], elementType: .float32, labels: .none,
                classCount: nil)
        }
        guard format == .csv, let count = try table.featureCount() else { return try inspect() }
        return DatasetLayout(
            count: 1, exampleShape: [count], elementType: .float32, labels: .none,
            classCount: nil)
    }

    /// The labels' name in messages: their first file, or the whole data set if labels are stored with features.
    package var labelsName: String {
        guard let first = labels.first else { return name }
        return labels.count == 1 ? first.name : "\(first.name) and \(labels.count - 1) more"
    }

    /// Where the label of an example is, for messages: the file, and the example's number in that file.
    package func place(ofLabel example: Int) -> (path: String, example: Int) {
        let example = wholeRow(of: example)
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
