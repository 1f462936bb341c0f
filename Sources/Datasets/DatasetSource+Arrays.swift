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

    /// Loads all files; see `load`. Values are checked file by file, so that errors name the file and the example in
    /// it.
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
                try LabelDecoder(file).targets(into: memory, width: width)
            }
            first += count
        }
        if layout.labels == .classes { complete.classCount = classes }
        if case .targets(let width) = layout.labels {
            let lost = try lostTargets(width: width)
            complete.lostNumbers = lost.isEmpty ? nil : lost
        }
        return complete
    }

    /// Targets (N, width) with distinct numbers that Float32 merges. Reads the labels again, and once more if there may
    /// be any.
    private func lostTargets(width: Int) throws(DataError) -> [LostNumbers] {
        func forEachNumber(_ body: (_ target: Int, Double, Int?) -> Void) throws(DataError) {
            for file in try ArrayFiles(labels, format: format).files {
                try LabelDecoder(file).forEachFineNumber { value, whole, index in
                    body(index % width, value, whole)
                }
            }
        }
        var seen = Array(repeating: NumberScreen.Seen(), count: width)
        try forEachNumber { target, value, _ in seen[target].add(Float(value)) }
        let suspects = seen.indices.filter { seen[$0].isSuspect }
        guard !suspects.isEmpty else { return [] }
        var numbers = Array(repeating: DistinctNumbers?.none, count: width)
        for target in suspects { numbers[target] = DistinctNumbers() }
        try forEachNumber { target, value, whole in numbers[target]?.add(value, whole: whole) }
        return suspects.compactMap { target in
            let name = "target \(target)"
            guard let merged = numbers[target]?.mergedInFloat32() else { return nil }
            if let pair = numbers[target]?.lost {
                return LostNumbers(column: name, low: pair.low, high: pair.high)
            }
            return LostNumbers(column: name, merged)
        }
    }
}
