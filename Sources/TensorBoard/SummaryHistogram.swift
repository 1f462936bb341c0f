/// The distribution of values: `HistogramProto` of TensorBoard's summary.proto.
package struct SummaryHistogram: Sendable, Equatable {
    package let minimum: Double
    package let maximum: Double
    package let count: Int
    package let sum: Double
    package let sumOfSquares: Double
    /// The upper limits of the buckets, ascending; each bucket begins at the limit of the one before it.
    package let limits: [Double]
    /// The number of values in each bucket.
    package let buckets: [Int]

    /// A histogram of values counted between edges: `counts[k]` of them are at least `edges[k - 1]` and below
    /// `edges[k]`; the first count is of values below all edges, the last of values below none.
    ///
    /// Consecutive empty buckets become one, and none follows the last value.
    package init(
        edges: [Double], counts: [Int], minimum: Double, maximum: Double, sum: Double, sumOfSquares: Double
    ) {
        precondition(counts.count == edges.count + 1, "\(counts.count) counts for \(edges.count) edges")
        self.minimum = minimum
        self.maximum = maximum
        self.sum = sum
        self.sumOfSquares = sumOfSquares
        count = counts.reduce(0, +)
        var limits: [Double] = []
        var buckets: [Int] = []
        let end = (counts.lastIndex { $0 > 0 } ?? 0) + 1
        for (place, count) in counts[..<end].enumerated() {
            let limit = place < edges.count ? edges[place] : .greatestFiniteMagnitude
            if count == 0, buckets.last == 0 {
                limits[limits.count - 1] = limit
            } else {
                limits.append(limit)
                buckets.append(count)
            }
        }
        (self.limits, self.buckets) = (limits, buckets)
    }

    var message: ProtobufMessage {
        ProtobufMessage { histogram in
            histogram.add(1, minimum)
            histogram.add(2, maximum)
            histogram.add(3, Double(count))
            histogram.add(4, sum)
            histogram.add(5, sumOfSquares)
            histogram.add(6, packed: limits)
            histogram.add(7, packed: buckets.map(Double.init))
        }
    }
}
