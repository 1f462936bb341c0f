/// Reads blocks of stored examples and sums each up, in one fixed order.
///
/// Bytes are summed exactly in whole numbers, floats in Float64.
struct BlockStatistics {
    let examples: StoredExamples
    private let rows: [Int32]?
    private let count: Int
    /// The number of features of an example, of channels, and of features of one channel of an example.
    let width, channels, channelWidth: Int
    /// Whether the values of a channel are those of the positions of sequences.
    private let isOfSequences: Bool

    /// A reader of all examples or of the given rows; with `perFeature` every feature is a channel.
    init(_ examples: StoredExamples, rows: [Int32]?, perFeature: Bool = false) {
        let layout = examples.layout
        precondition(
            rows?.allSatisfy { (0..<layout.count).contains(Int($0)) } ?? true,
            "rows beyond \(layout.count) examples")
        self.examples = examples
        self.rows = rows
        count = rows?.count ?? layout.count
        width = layout.width
        (channels, channelWidth) = perFeature ? (width, 1) : (layout.channels, layout.channelWidth)
        isOfSequences =
            !perFeature && layout.exampleShape.count > 1 && (layout.channelsAreLast || layout.hasLengths)
    }

    func partial(block: Int) -> FeaturePartial {
        let start = block * FeatureStatistics.blockSize
        let positions = start..<min(start + FeatureStatistics.blockSize, count)
        let features = examples.features
        if isOfSequences {
            var partial = FeaturePartial(block: block, count: steps(positions), channels: channels)
            switch examples.layout.elementType {
            case .uint8: sequences(features.assumingMemoryBound(to: UInt8.self), positions, &partial)
            case .float32: sequences(features.assumingMemoryBound(to: Float.self), positions, &partial)
            case .float64: sequences(features.assumingMemoryBound(to: Double.self), positions, &partial)
            }
            return partial
        }
        var partial = FeaturePartial(block: block, count: positions.count * channelWidth, channels: channels)
        switch examples.layout.elementType {
        case .uint8:
            let bytes = features.assumingMemoryBound(to: UInt8.self)
            if channelWidth == 1 {
                byteColumns(bytes, positions, &partial)
            } else {
                byteRuns(bytes, positions, &partial)
            }
        case .float32: floats(features.assumingMemoryBound(to: Float.self), positions, &partial)
        case .float64: floats(features.assumingMemoryBound(to: Double.self), positions, &partial)
        }
        return partial
    }

    /// The row of the example at a position.
    func row(_ position: Int) -> Int { rows.map { Int($0[position]) } ?? position }

    /// The index of the first feature of the example at a position.
    func offset(_ position: Int) -> Int { row(position) * width }

    private func floats<Value: StoredScalar>(
        _ values: UnsafePointer<Value>, _ positions: Range<Int>, _ partial: inout FeaturePartial
    ) {
        if channelWidth == 1 {
            floatColumns(values, positions, &partial)
        } else {
            floatRuns(values, positions, &partial)
        }
    }

    private func byteRuns(
        _ bytes: UnsafePointer<UInt8>, _ positions: Range<Int>, _ partial: inout FeaturePartial
    ) {
        for channel in 0..<channels {
            var sum: UInt64 = 0
            var squares: UInt64 = 0
            var least: UInt8 = 255
            var most: UInt8 = 0
            for position in positions {
                let run = bytes + offset(position) + channel * channelWidth
                var start = 0
                while start < channelWidth {
                    // 65,536 squares of 255 fit 32 bits: 255² · 65,536 < 2³².
                    let end = min(start + 65_536, channelWidth)
                    var partSum: UInt32 = 0
                    var partSquares: UInt32 = 0
                    for i in start..<end {
                        let value = UInt32(run[i])
                        partSum &+= value
                        partSquares &+= value &* value
                        least = min(least, run[i])
                        most = max(most, run[i])
                    }
                    sum += UInt64(partSum)
                    squares += UInt64(partSquares)
                    start = end
                }
            }
            set(channel, sum, squares, least, most, &partial)
        }
    }

    private func byteColumns(
        _ bytes: UnsafePointer<UInt8>, _ positions: Range<Int>, _ partial: inout FeaturePartial
    ) {
        let width = width
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 2 * width) { sums in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * width) { extremes in
                sums.initialize(repeating: 0)
                extremes.initialize(repeating: 0)
                guard let sum = sums.baseAddress, let least = extremes.baseAddress else { return }
                // One block has at most 64 values per channel, so 32 bits suffice.
                let (squares, most) = (sum + width, least + width)
                least.update(repeating: 255, count: width)
                for position in positions {
                    let row = bytes + offset(position)
                    for k in 0..<width {
                        let value = UInt32(row[k])
                        sum[k] &+= value
                        squares[k] &+= value &* value
                    }
                    for k in 0..<width {
                        least[k] = min(least[k], row[k])
                        most[k] = max(most[k], row[k])
                    }
                }
                for k in 0..<width {
                    set(k, UInt64(sum[k]), UInt64(squares[k]), least[k], most[k], &partial)
                }
            }
        }
    }

    /// mean = Σx/n and M2 = (n·Σx² − (Σx)²)/n, the numerator exact.
    private func set(
        _ channel: Int, _ sum: UInt64, _ squares: UInt64, _ least: UInt8, _ most: UInt8,
        _ partial: inout FeaturePartial
    ) {
        let n = UInt64(partial.count)
        let (product, overflow) = n.multipliedReportingOverflow(by: squares)
        // (Σx)² ≤ n·Σx², so one check covers both products; 128 bits hold any block.
        let numerator =
            overflow
            ? Double(UInt128(n) * UInt128(squares) - UInt128(sum) * UInt128(sum))
            : Double(product - sum * sum)
        partial.set(
            channel: channel, mean: Double(sum) / Double(n), squares: numerator / Double(n),
            minimum: Double(least), maximum: Double(most))
    }
}
