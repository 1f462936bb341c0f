/// Data sets whose features and labels are arrays in files of their own.
extension DatasetSource {
    /// Opens all files and reads their headers.
    func open() throws(DataError) -> (layout: DatasetLayout, features: ArrayFiles, labels: ArrayFiles?) {
        let features = try ArrayFiles(features, format: format)
        var labelFiles: ArrayFiles?
        if !labels.isEmpty { labelFiles = try ArrayFiles(labels, format: format) }
        let layout = try DatasetLayout(
            features: features.header, path: features.name, channelAdded: format == .idx,
            labels: labelFiles.map { ($0.header, $0.name) }, classCount: classCount, task: task)
        return (layout, features, labelFiles)
    }

    /// Loads all files; see `load`. Values are checked file by file, so that errors name the file and its example.
    func loadArrays(
        _ layout: DatasetLayout, features: UnsafeMutableRawBufferPointer, labels: UnsafeMutableRawPointer?
    ) throws(DataError) -> DatasetLayout {
        let files = try open()
        var inspected = layout
        inspected.classCount = files.layout.classCount
        guard files.layout == inspected else {
            throw DataError(
                .mismatch, path: name, expected: "the file that was inspected", found: "another",
                advice: "do not change data files while they are read")
        }
        var start = 0
        for file in files.features.files {
            let part = UnsafeMutableRawBufferPointer(
                rebasing: features[start..<start + file.header.dataBytes])
            try file.read(into: part)
            if let base = part.baseAddress {
                try ExampleChecks.features(
                    base, count: file.header.shape[0], layout: layout, path: file.name)
            }
            start += part.count
        }
        var complete = layout
        guard let labelFiles = files.labels, let labels else { return complete }
        var first = 0
        var classes = 0
        for file in labelFiles.files {
            let count = file.header.shape[0]
            switch layout.labels {
            case .none: break
            case .classes:
                let memory = (labels + first * 4).bindMemory(to: Int32.self, capacity: count)
                try LabelDecoder(file).classes(into: memory)
                classes = max(
                    classes,
                    try ExampleChecks.classes(memory, count: count, declared: classCount, path: file.name))
            case .targets(let width):
                let memory = (labels + first * width * 4).bindMemory(to: Float.self, capacity: count * width)
                try LabelDecoder(file).targets(into: memory)
                try ExampleChecks.targets(memory, count: count, width: width, path: file.name)
            }
            first += count
        }
        if layout.labels == .classes { complete.classCount = classes }
        return complete
    }
}
