import FixedTree

/// The distribution of the finite elements of a parameter or of its gradient; the same at any number of ranks.
package struct TensorHistogram: Sendable, Equatable {
    /// The variable's index in the model.
    package let variable: Int
    /// The number of elements in each of the bins `ValueBins.standard`.
    package let counts: [Int]
    /// The smallest and the largest element; 0 if none is finite.
    package let minimum: Double
    package let maximum: Double
    /// Σ x and Σ x².
    package let sum: Double
    package let sumOfSquares: Double
}

/// One rank's contribution to the histograms of all tensors.
package struct HistogramParts: Sendable {
    /// Elements in each bin, tensor by tensor.
    private let counts: [Int]
    /// Σ x, Σ x², the smallest and the largest element of each block that the rank owns; 0 for other blocks.
    private let moments: [Double]
    private let layout: ParameterLayout

    private static let width = 4

    /// Counts the elements of this rank's slices of `values`, which are laid out as the parameters. O(elements).
    init(_ values: UnsafePointer<Float>, _ duties: [SliceDuty], rank: Int, layout: ParameterLayout) {
        let bins = ValueBins.standard
        var counts = Array(repeating: 0, count: layout.entries.count * bins.count)
        var moments = Array(repeating: 0.0, count: layout.blocks.count * Self.width)
        counts.withUnsafeMutableBufferPointer { counts in
            for duty in duties where duty.owner == rank {
                for number in duty.slice.blocks {
                    let block = layout.blocks[number]
                    let first = layout.tensor(ofBlock: number) * bins.count
                    var (sum, squares, least, greatest) = (0.0, 0.0, Double.infinity, -Double.infinity)
                    for value in UnsafeBufferPointer(start: values + block.offset, count: block.count)
                    where value.isFinite {
                        counts[first + bins.bin(of: value)] += 1
                        let number = Double(value)
                        sum += number
                        squares += number * number
                        least = min(least, number)
                        greatest = max(greatest, number)
                    }
                    for (column, moment) in [sum, squares, least, greatest].enumerated() {
                        moments[number * Self.width + column] = moment
                    }
                }
            }
        }
        (self.counts, self.moments, self.layout) = (counts, moments, layout)
    }

    /// The histograms of all ranks together, in the order of the model's variables; collective over the cluster.
    ///
    /// Counts are integers, and sums over blocks are added in the fixed tree, so the result does not depend on the
    /// number of ranks.
    func combined(_ update: ParameterUpdate) throws -> [TensorHistogram] {
        let counts = try update.cluster.world.allReduce(counts, .sum)
        let moments = try update.gathered(moments)
        func column(_ number: Int) -> [Double] {
            layout.blocks.indices.map { moments[$0 * Self.width + number] }
        }
        let sums = BlockSums(column(0), layout: layout).perTensor
        let squares = BlockSums(column(1), layout: layout).perTensor
        let (least, greatest) = (column(2), column(3))
        let bins = ValueBins.standard.count
        return layout.entries.enumerated().map { place, entry in
            let minimum = least[entry.blocks].min() ?? .infinity
            let maximum = greatest[entry.blocks].max() ?? -.infinity
            return TensorHistogram(
                variable: entry.variable, counts: Array(counts[place * bins..<(place + 1) * bins]),
                minimum: minimum.isFinite ? minimum : 0, maximum: maximum.isFinite ? maximum : 0,
                sum: sums[place], sumOfSquares: squares[place])
        }.sorted { $0.variable < $1.variable }
    }
}

extension ParameterUpdate {
    /// This rank's contribution to the histograms of `values`, which are laid out as the parameters.
    func histogramParts(of values: UnsafePointer<Float>) -> HistogramParts {
        HistogramParts(values, arrays.duties, rank: cluster.rank, layout: layout)
    }
}

extension Replica {
    /// The histograms of all parameters and of a gradient, in the order of the model's variables; collective, between
    /// steps.
    ///
    /// - Parameter gradient: This rank's counts of a step's gradient; nil on all ranks or on none.
    package func histograms(gradient: HistogramParts?) throws -> (
        weights: [TensorHistogram], gradients: [TensorHistogram]
    ) {
        let weights = try update.histogramParts(of: update.parameters).combined(update)
        return (weights, try gradient?.combined(update) ?? [])
    }
}
