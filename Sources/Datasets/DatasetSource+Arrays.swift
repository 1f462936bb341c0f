import Messages

/// Data sets whose features and labels are arrays in files of their own.
extension DatasetSource {
    /// Opens all files and reads their headers.
    func open() throws(DataError) -> (layout: DatasetLayout, features: ArrayFiles, labels: ArrayFiles?) {
        let features = try ArrayFiles(features, format: format)
        var labelFiles: ArrayFiles?
        if !labels.isEmpty { labelFiles = try ArrayFiles(labels, format: format) }
        let lengthFiles = try openLengths()
        var layout = try DatasetLayout(
            features: features.header, path: features.name, channelAdded: format == .idx,
            labels: labelFiles.map { ($0.header, $0.name) },
            lengths: lengthFiles.map { ($0.header, $0.name) }, classCount: classCount, task: task)
        if let axis = positionAxis ?? (layout.hasLengths ? 0 : nil), axis < layout.exampleShape.count {
            layout.positionAxis = axis
        }
        if layout.hasLengths, layout.labels == .classes, !layout.labelShape.isEmpty,
            layout.labelShape != [layout.positions]
        {
            throw DataError(
                .mismatch, path: labelsName,
                expected: "a label for each of \(counted(layout.positions, "position")), which lengths count",
                found: "shape \(ArrayHeader.text([layout.count] + layout.labelShape))",
                advice: "leave out lengths, or give labels of the features' positions"
            ).about("labels")
        }
        return (layout, features, labelFiles)
    }

    private func openLengths() throws(DataError) -> ArrayFiles? {
        lengths.isEmpty ? nil : try ArrayFiles(lengths, format: format)
    }

    /// Loads all files; see `load`. Values are checked file by file, so that errors name the file and the example in
    /// it.
    func loadArrays(
        _ layout: DatasetLayout, features: UnsafeMutableRawBufferPointer, labels: UnsafeMutableRawPointer?,
        lengths: UnsafeMutablePointer<Int32>?
    ) throws(DataError) -> DatasetLayout {
        let files = try open()
        var inspected = layout
        inspected.classCount = files.layout.classCount
        guard files.layout == inspected else {
            throw DataError(
                .mismatch, path: name, expected: "the file that was inspected", found: "another",
                advice: "do not change data files while they are read")
        }
        if let lengths { try load(lengths: lengths, most: layout.positions) }
        var (start, row) = (0, 0)
        for file in files.features.files {
            let count = file.header.shape[0]
            let part = UnsafeMutableRawBufferPointer(
                rebasing: features[start..<start + count * layout.width * layout.elementType.size])
            guard let base = part.baseAddress else { continue }
            if file.header.scalar.hasFeatures {
                try file.read(into: part)
            } else {
                try ArrayDecoder(file).features(
                    into: base.bindMemory(to: Float.self, capacity: count * layout.width))
            }
            if let lengths {
                layout.clear(base, behind: UnsafeBufferPointer(start: lengths + row, count: count))
            }
            try ExampleChecks.features(base, count: count, layout: layout, path: file.name)
            start += part.count
            row += count
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
                let memory = (labels + first * layout.labelSize)
                    .bindMemory(to: Int32.self, capacity: count * layout.labelWidth)
                let positions = layout.labelShape.isEmpty ? nil : layout.labelWidth
                if positions == nil {
                    try ArrayDecoder(file).classes(into: memory)
                } else {
                    try ArrayDecoder(file).positions(
                        into: memory, ignored: ignoredLabel,
                        lengths: lengths.map { UnsafePointer($0) + first })
                }
                classes = max(
                    classes,
                    try ExampleChecks.classes(
                        memory, count: count, positions: positions, declared: classCount, path: file.name))
            case .targets(let width):
                let memory = (labels + first * width * 4).bindMemory(to: Float.self, capacity: count * width)
                try ArrayDecoder(file).targets(into: memory, width: width)
            }
            first += count
        }
        if layout.labels == .classes {
            guard classes > 0 else {
                throw DataError(
                    .empty, path: labelsName, expected: "positions that count", found: "none",
                    advice: "give labels other than \(ignoredLabel)",
                    problem: "every label is \(ignoredLabel), so no position counts")
            }
            complete.classCount = classes
        }
        if case .targets(let width) = layout.labels {
            let lost = try lostTargets(width: width)
            complete.lostNumbers = lost.isEmpty ? nil : lost
        }
        return complete
    }

    /// Loads the length of each example, from 1 to `most`.
    private func load(lengths memory: UnsafeMutablePointer<Int32>, most: Int) throws(DataError) {
        var first = 0
        for file in try ArrayFiles(lengths, format: format).files {
            try ArrayDecoder(file).lengths(into: memory + first, most: most)
            first += file.header.shape[0]
        }
    }

    /// Targets (N, width) with distinct numbers that Float32 merges. Reads the labels again, and once more if there may
    /// be any.
    private func lostTargets(width: Int) throws(DataError) -> [LostNumbers] {
        func forEachNumber(_ body: (_ target: Int, Double, Int?) -> Void) throws(DataError) {
            for file in try ArrayFiles(labels, format: format).files {
                try ArrayDecoder(file).forEachFineNumber { value, whole, index in
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
