/// Positions of sequences are summed in two passes, as other floats are; those behind an example's length do not count.
extension BlockStatistics {
    /// The positions that count, of the examples at places `positions` of the order.
    func steps(_ positions: Range<Int>) -> Int {
        positions.reduce(0) { $0 + length($1) }
    }

    /// The positions that count of the example at a place of the order.
    private func length(_ position: Int) -> Int {
        examples.lengths.map { Int($0[row(position)]) } ?? examples.layout.positions
    }

    /// Sums up each channel of a block, position by position.
    func sequences<Value: StoredScalar>(
        _ values: UnsafePointer<Value>, _ positions: Range<Int>, _ partial: inout FeaturePartial
    ) {
        let layout = examples.layout
        // Neighbouring positions, and neighbouring channels of a position.
        let (step, stride) = layout.positionAxis == 1 ? (1, layout.positions) : (channels, 1)
        var sums = Array(repeating: 0.0, count: channels)
        var least = Array(repeating: Double.infinity, count: channels)
        var most = Array(repeating: -Double.infinity, count: channels)
        func forEachPosition(_ body: (UnsafePointer<Value>) -> Void) {
            for position in positions {
                let first = values + offset(position)
                for place in 0..<length(position) { body(first + place * step) }
            }
        }
        forEachPosition { value in
            for channel in 0..<channels {
                let number = value[channel * stride].double
                sums[channel] += number
                least[channel] = min(least[channel], number)
                most[channel] = max(most[channel], number)
            }
        }
        let n = Double(partial.count)
        let means = sums.map { $0 / n }
        var squares = Array(repeating: 0.0, count: channels)
        var rests = squares
        forEachPosition { value in
            for channel in 0..<channels {
                let distance = value[channel * stride].double - means[channel]
                rests[channel] += distance
                squares[channel] += distance * distance
            }
        }
        for channel in 0..<channels {
            partial.set(
                channel: channel, mean: means[channel],
                squares: max(0, squares[channel] - rests[channel] * rests[channel] / n),
                minimum: least[channel], maximum: most[channel])
        }
    }
}
