/// The statistics of some blocks of examples, per channel (C).
package struct FeaturePartial: Sendable, Hashable {
    /// The blocks that it covers, a node of the block tree.
    package private(set) var blocks: Range<Int>
    /// The number of values per channel.
    package private(set) var count: Int
    /// Means (C).
    package private(set) var mean: [Double]
    /// Sums of squared distances from the mean (C).
    package private(set) var squares: [Double]
    /// Smallest values (C).
    package private(set) var minimum: [Double]
    /// Largest values (C).
    package private(set) var maximum: [Double]

    /// One block, whose statistics are set later.
    init(block: Int, count: Int, channels: Int) {
        blocks = block..<block + 1
        self.count = count
        mean = Array(repeating: 0, count: channels)
        squares = mean
        minimum = Array(repeating: .infinity, count: channels)
        maximum = Array(repeating: -.infinity, count: channels)
    }

    mutating func set(
        channel: Int, mean: Double, squares: Double, minimum: Double, maximum: Double
    ) {
        self.mean[channel] = mean
        self.squares[channel] = squares
        self.minimum[channel] = minimum
        self.maximum[channel] = maximum
    }

    /// Merges with the node to the right: mean = m₁ + δ·n₂/n, M2 = M2₁ + M2₂ + δ²·n₁n₂/n, δ = m₂ − m₁ (Chan, Golub and
    /// LeVeque, 1979). If one part has no values, the other's statistics are kept.
    package mutating func merge(_ right: FeaturePartial) {
        precondition(
            blocks.upperBound == right.blocks.lowerBound && mean.count == right.mean.count,
            "blocks \(blocks) and \(right.blocks), \(mean.count) and \(right.mean.count) channels")
        let whole = blocks.lowerBound..<right.blocks.upperBound
        defer { blocks = whole }
        if right.count == 0 { return }
        if count == 0 {
            self = right
            return
        }
        let total = Double(count + right.count)
        let share = Double(right.count) / total
        let weight = Double(count) * share
        for c in mean.indices {
            let distance = right.mean[c] - mean[c]
            mean[c] += distance * share
            squares[c] += right.squares[c] + distance * distance * weight
            if right.minimum[c] < minimum[c] { minimum[c] = right.minimum[c] }
            if right.maximum[c] > maximum[c] { maximum[c] = right.maximum[c] }
        }
        count += right.count
    }

    func merged(with right: FeaturePartial) -> FeaturePartial {
        var whole = self
        whole.merge(right)
        return whole
    }

    /// The number of elements of `encoded` for C channels.
    package static func encodedCount(channels: Int) -> Int { 3 + 4 * channels }

    /// Everything as Float64 numbers, to send to another rank: first block, end block, count, then the four arrays.
    package var encoded: [Double] {
        [Double(blocks.lowerBound), Double(blocks.upperBound), Double(count)] + mean + squares + minimum
            + maximum
    }

    /// Decodes what another rank has encoded.
    package init(encoded: some Collection<Double>) {
        let numbers = Array(encoded)
        let channels = (numbers.count - 3) / 4
        precondition(
            channels > 0 && numbers.count == Self.encodedCount(channels: channels),
            "\(numbers.count) numbers of a partial")
        blocks = Int(numbers[0])..<Int(numbers[1])
        count = Int(numbers[2])
        mean = Array(numbers[3..<3 + channels])
        squares = Array(numbers[3 + channels..<3 + 2 * channels])
        minimum = Array(numbers[3 + 2 * channels..<3 + 3 * channels])
        maximum = Array(numbers[3 + 3 * channels..<3 + 4 * channels])
    }
}
