import Testing

@testable import TensorBoard

/// Counts between edges become few buckets.
@Suite struct HistogramTests {
    private func histogram(_ counts: [Int]) -> SummaryHistogram {
        SummaryHistogram(
            edges: (1..<counts.count).map(Double.init), counts: counts, minimum: 0, maximum: 0, sum: 0,
            sumOfSquares: 0)
    }

    /// Empty buckets in a row are one that ends where the last of them does; none stands behind the last value.
    @Test func emptyBucketsCollapse() {
        let found = histogram([0, 0, 0, 4, 1, 0, 0, 2, 0, 0])
        #expect(found.limits == [3, 4, 5, 7, 8] && found.buckets == [0, 4, 1, 0, 2] && found.count == 7)
    }

    @Test func ends() {
        let whole = histogram([1, 2, 3])
        #expect(whole.limits == [1, 2, .greatestFiniteMagnitude] && whole.buckets == [1, 2, 3])
        let empty = histogram([0, 0, 0])
        #expect(empty.limits == [1] && empty.buckets == [0] && empty.count == 0)
    }
}
