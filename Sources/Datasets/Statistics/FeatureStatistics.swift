import FixedTree

/// Mean, population deviation and range of the training set's features, per channel (C) or per feature (C = K).
///
/// Examples are taken in blocks of 64, in order; each block is summed in a fixed order and blocks are merged over
/// `FixedTree`, so any number of ranks computes the same bits: each calls `compute` for a range of blocks, all exchange
/// the partials, and each calls `combine`.
package struct FeatureStatistics: Sendable, Hashable, Codable {
    /// The number of examples in a block.
    package static let blockSize = 64

    /// The number of values per channel.
    package let count: Int
    /// Means (C).
    package let mean: [Double]
    /// Population deviations (C).
    package let deviation: [Double]
    /// Smallest values (C).
    package let minimum: [Double]
    /// Largest values (C).
    package let maximum: [Double]

    /// Whether a channel does not vary except by rounding: σ² ≤ N·ε·σ² + (N·ε·μ)² with Float64's ε, which bounds the
    /// error of a variance of N values around μ (Chan, Golub and LeVeque, 1983). This is scikit-learn's rule
    /// (StandardScaler), which sums Float32 features in Float64, too, and therefore uses the same ε for them.
    package func isConstant(_ channel: Int) -> Bool {
        let variance = deviation[channel] * deviation[channel]
        let rounding = Double(count) * .ulpOfOne
        let bound = rounding * mean[channel]
        return variance <= rounding * variance + bound * bound
    }

    /// The number of blocks for so many examples.
    package static func blockCount(examples: Int) -> Int {
        (examples + blockSize - 1) / blockSize
    }

    /// The statistics of all examples, or of the given rows, in one process.
    package init(_ examples: StoredExamples, rows: [Int32]? = nil, perFeature: Bool = false) {
        let blocks = Self.blockCount(examples: rows?.count ?? examples.layout.count)
        let partials = Self.compute(examples, rows: rows, perFeature: perFeature, blocks: 0..<blocks)
        self = Self.combine(partials, blockCount: blocks)
    }

    /// One partial for each of the largest tree nodes inside a range of blocks.
    package static func compute(
        _ examples: StoredExamples, rows: [Int32]? = nil, perFeature: Bool = false, blocks: Range<Int>
    ) -> [FeaturePartial] {
        let total = blockCount(examples: rows?.count ?? examples.layout.count)
        let reader = BlockStatistics(examples, rows: rows, perFeature: perFeature)
        return FixedTree.nodes(inside: blocks, of: total).map { node in
            FixedTree.fold(node) {
                $0.count == 1 ? reader.partial(block: $0.lowerBound) : nil
            } combine: {
                $0.merged(with: $1)
            }
        }
    }

    /// The statistics of all blocks from partials that together cover them, in any order.
    package static func combine(_ partials: [FeaturePartial], blockCount: Int) -> FeatureStatistics {
        precondition(blockCount > 0, "statistics of no examples")
        let sorted = partials.sorted { $0.blocks.lowerBound < $1.blocks.lowerBound }
        var next = 0
        let whole = FixedTree.fold(0..<blockCount) { node -> FeaturePartial? in
            precondition(
                next < sorted.count && sorted[next].blocks.lowerBound == node.lowerBound
                    && sorted[next].blocks.upperBound <= node.upperBound, "no partial begins node \(node)")
            guard sorted[next].blocks == node else { return nil }
            next += 1
            return sorted[next - 1]
        } combine: {
            $0.merged(with: $1)
        }
        precondition(next == sorted.count, "\(sorted.count - next) partials too many")
        return FeatureStatistics(whole)
    }

    private init(_ whole: FeaturePartial) {
        count = whole.count
        mean = whole.mean
        deviation = whole.squares.map { ($0 / Double(whole.count)).squareRoot() }
        minimum = whole.minimum
        maximum = whole.maximum
    }
}
