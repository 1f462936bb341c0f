/// Checks of loaded values; each error names the example.
package enum ExampleChecks {
    /// Throws if a feature of `count` examples of a layout is NaN, infinite or beyond Float32's range.
    static func features(
        _ bytes: UnsafeRawPointer, count: Int, layout: DatasetLayout, path: String
    ) throws(DataError) {
        let count = count * layout.width
        let bad: (index: Int, value: Double)?
        switch layout.elementType {
        case .uint8: bad = nil
        case .float32: bad = firstBad(bytes.assumingMemoryBound(to: Float.self), count)
        case .float64: bad = firstBad(bytes.assumingMemoryBound(to: Double.self), count)
        }
        guard let bad else { return }
        throw notFinite(bad.value, "feature", index: bad.index, width: layout.width, path: path)
    }

    /// Throws if a target (of N × width) is NaN or infinite.
    static func targets(
        _ targets: UnsafePointer<Float>, count: Int, width: Int, path: String
    ) throws(DataError) {
        guard let bad = firstBad(targets, count * width) else { return }
        throw notFinite(bad.value, "target", index: bad.index, width: width, path: path)
    }

    /// Throws if a numeric target of the examples is outside the range that a loss can use.
    package static func targets(
        of examples: StoredExamples, within range: ClosedRange<Float>, for loss: String,
        in source: DatasetSource
    ) throws(DataError) {
        guard let targets = examples.targets,
            let index = targets.firstIndex(where: { !range.contains($0) })
        else { return }
        let width = targets.count / examples.layout.count
        let place = source.place(ofLabel: index / width)
        let allowed = "targets from \(range.lowerBound) to \(range.upperBound)"
        throw DataError(
            .label, path: place.path, expected: allowed, found: "\(targets[index])",
            advice: "choose a loss for such targets, such as mse",
            problem:
                "target \(index % width) of example \(place.example) is \(targets[index]), \(loss) expects \(allowed)"
        )
    }

    /// The number of classes of N labels, or of (N, positions) of them: as declared, else the largest label plus one; throws
    /// if a label is not in 0..<classes. Positions of label −1 do not count.
    ///
    /// - Parameter positions: Labels of an example; nil for one that is its class.
    static func classes(
        _ labels: UnsafePointer<Int32>, count: Int, positions: Int? = nil, declared: Int?, path: String
    ) throws(DataError) -> Int {
        var largest: Int32 = -1
        let least: Int32 = positions == nil ? 0 : -1
        for i in 0..<count * (positions ?? 1) {
            let label = labels[i]
            guard label >= least, label < Int32.max, declared.map({ Int(label) < $0 }) ?? true else {
                throw outsideClasses(
                    "\(label)", example: i / (positions ?? 1), position: positions.map { i % $0 },
                    classes: declared, path: path)
            }
            largest = max(largest, label)
        }
        return declared ?? Int(largest) + 1
    }

    /// The error for a label that is not a class index.
    static func outsideClasses(
        _ label: String, example: Int, position: Int? = nil, classes: Int?, path: String,
        isFraction: Bool = false
    ) -> DataError {
        let place = position.map { "position \($0) of example" } ?? "example"
        let range = "0 to \(classes.map { $0 - 1 } ?? Int(Int32.max) - 1)"
        return DataError(
            .label, path: path, expected: "labels from \(range)", found: label,
            advice: isFraction
                ? "correct the label, or set task: regression if labels are numbers to predict"
                : "correct the label, or the number of classes if the data is right",
            problem: "the label of \(place) \(example) is \(label), expected "
                + (isFraction ? "a class, a whole number from \(range)" : range))
    }

    /// The error for the number at `index` of (N, width) features or targets that is not a finite Float32.
    static func notFinite(
        _ value: Double, _ what: String, index: Int, width: Int, path: String
    ) -> DataError {
        let example = index / width
        return DataError(
            .notFinite, path: path, expected: "finite numbers within Float32's range", found: value.plainText,
            advice: "remove or repair that example",
            problem:
                "\(what) \(index % width) of example \(example) is \(value.plainText), expected a finite Float32"
        )
    }

    /// The first value that is not a finite Float32, with its index. Whole blocks are checked first, which takes one
    /// comparison per value and no branch.
    private static func firstBad<Value: StoredScalar>(
        _ values: UnsafePointer<Value>, _ count: Int
    ) -> (index: Int, value: Double)? {
        var start = 0
        while start < count {
            let end = min(start + 4096, count)
            var bad = 0
            for i in start..<end { bad &+= values[i].fitsFloat ? 0 : 1 }
            if bad > 0, let i = (start..<end).first(where: { !values[$0].fitsFloat }) {
                return (i, values[i].double)
            }
            start = end
        }
        return nil
    }
}
