import FixedTree

/// How the finite elements of a parameter, or of its gradient, are spread; the same at any number of ranks.
package struct TensorHistogram: Sendable, Equatable {
    /// The variable's number in the model.
    package let variable: Int
    /// How many elements are in each of `ValueBins.standard`.
    package let counts: [Int]
    /// The least and the greatest element; 0 where none is finite.
    package let minimum: Double
    package let maximum: Double
    /// Σ x and Σ x².
    package let sum: Double
    package let sumOfSquares: Double
}

/// What one rank's slices add to the histograms of all tensors.
package struct HistogramParts: Sendable {
    /// Elements in each bin, tensor by tensor.
    private let counts: [Int]
    /// Σ x, Σ x², the least and the greatest element of each block that the rank owns, 0 for other blocks.
    private let moments: [Double]
    private let layout: ParameterLayout

    private static let width = 4

    /// Counts what is laid out as the parameters, in the slices that this rank owns. O(elements).
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

    /// The histograms of all ranks' parts together, in the order of the model's variables; collective over the cluster.
    ///
    /// Counts are whole numbers, and sums over blocks are added in the fixed tree: no rank's share changes a bit.
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
    /// What this rank's slices of what is laid out as the parameters add to histograms.
    func histogramParts(of values: UnsafePointer<Float>) -> HistogramParts {
        HistogramParts(values, arrays.duties, rank: cluster.rank, layout: layout)
    }
}

extension Replica {
    /// The histograms of all parameters as they are, and of a gradient, in the order of the model's variables; collective,
    /// between steps.
    ///
    /// - Parameter gradient: What a step has counted; nil on all ranks or on none.
    package func histograms(gradient: HistogramParts?) throws -> (
        weights: [TensorHistogram], gradients: [TensorHistogram]
    ) {
        let weights = try update.histogramParts(of: update.parameters).combined(update)
        return (weights, try gradient?.combined(update) ?? [])
    }
}
