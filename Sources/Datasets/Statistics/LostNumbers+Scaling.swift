/// The effect of scaling to Float32 on numbers that are stored in Float64.
extension LostNumbers {
    /// The features of a Float64 table with distinct numbers, among the given rows, that scaling merges; none for data
    /// in Float32, whose lost numbers are unknown, and for images.
    package static func afterScaling(
        _ examples: StoredExamples, rows: [Int32]?, scaling: FeatureScaling
    ) -> [LostNumbers] {
        let layout = examples.layout
        guard layout.elementType == .float64, layout.exampleShape.count == 1, layout.positionAxis == nil
        else {
            return []
        }
        let width = layout.width
        let values = examples.features.assumingMemoryBound(to: Double.self)
        func forEachRow(_ body: (UnsafePointer<Double>) -> Void) {
            for position in 0..<(rows?.count ?? layout.count) {
                body(values + (rows.map { Int($0[position]) } ?? position) * width)
            }
        }
        var least = Array(repeating: Double.infinity, count: width)
        var most = Array(repeating: -Double.infinity, count: width)
        forEachRow { row in
            for feature in 0..<width {
                if row[feature] < least[feature] { least[feature] = row[feature] }
                if row[feature] > most[feature] { most[feature] = row[feature] }
            }
        }
        var lost: [LostNumbers] = []
        for feature in 0..<width {
            let (center, factor) = (scaling.center[feature], scaling.factor[feature])
            func scaled(_ value: Double) -> Float { Float((value - center) * factor) }
            // The widest step between scaled numbers, in units of the stored ones; few columns pass this check.
            let largest = max(scaled(least[feature]).magnitude, scaled(most[feature]).magnitude)
            let step = Double(largest.ulp) / factor.magnitude
            guard step >= min(1, MergedNumbers.resolution * (most[feature] - least[feature])) else {
                continue
            }
            var column: [Double] = []
            forEachRow { column.append($0[feature]) }
            column.sort()
            var distinct: [Double] = []
            for value in column where distinct.last != value { distinct.append(value) }
            guard let pair = MergedNumbers.pair(among: distinct, scaled) else { continue }
            let name =
                layout.inputNames.map { CSVOptions.Column.name($0[feature]).text } ?? "feature \(feature)"
            lost.append(LostNumbers(column: name, pair))
        }
        return lost
    }
}
