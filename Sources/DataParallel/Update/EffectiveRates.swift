import Optimizers

/// The rates with which a step of an adaptive rule has multiplied the gradients of all weights, or their running means;
/// the same at any number of ranks.
package struct EffectiveRates: Sendable, Equatable {
    /// The smallest, the mean and the largest of them, in the unit of the learning rate over that of the gradient.
    package let minimum: Double
    package let mean: Double
    package let maximum: Double
}

extension ParameterUpdate {
    /// The effective rates of the step that was just applied; nil for a rule that is not adaptive. Collective.
    ///
    /// Minimum and maximum are those of blocks, and the blocks' sums are added in the fixed tree.
    ///
    /// - Parameter numbers: The rule's numbers of that step.
    func effectiveRates(_ numbers: [Double]) throws -> EffectiveRates? {
        guard let rule = settings.rule as? any AdaptiveRule else { return nil }
        let width = layout.blocks.count
        // Minima, sums and maxima; 0 for the blocks of other ranks.
        var own = Array(repeating: 0.0, count: 3 * width)
        var rates = Array(repeating: 0.0, count: ParameterLayout.blockSize)
        numbers.withUnsafeBufferPointer { scalars in
            for (index, duty) in arrays.duties.enumerated() where duty.owner == cluster.rank {
                for block in duty.slice.blocks {
                    let place = layout.blocks[block]
                    withState(index, from: place.offset) { state in
                        rule.effectiveRates(scalars: scalars, state: state, count: place.count, into: &rates)
                    }
                    var (least, sum, greatest) = (Double.infinity, 0.0, -Double.infinity)
                    for rate in rates.prefix(place.count) {
                        least = min(least, rate)
                        sum += rate
                        greatest = max(greatest, rate)
                    }
                    (own[block], own[width + block], own[2 * width + block]) = (least, sum, greatest)
                }
            }
        }
        let all = try gathered(own)
        guard let least = all[..<width].min(), let greatest = all[(2 * width)...].max() else { return nil }
        let total = BlockSums(Array(all[width..<(2 * width)]), layout: layout).total
        return EffectiveRates(
            minimum: least, mean: total / Double(layout.blocks.reduce(0) { $0 + $1.count }), maximum: greatest
        )
    }
}
