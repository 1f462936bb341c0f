/// The bins in which values are counted, the same as TensorBoard's: edges at ±1e-12 · 1.1ᵏ below 1e20, and at 0. They
/// do not depend on the values, so that the counts of parts can be added.
///
/// Bin k holds the values from edge k − 1 to below edge k; the first and the last bin have one edge.
package struct ValueBins: Sendable {
    /// The edges, in ascending order.
    package let edges: [Double]
    /// For each value of a Float32's sign, exponent and upper four mantissa bits (a cell), the bin of the cell's
    /// smallest number in magnitude. Edges are a tenth apart and a cell is less than a sixteenth wide, so at most one
    /// edge lies inside a cell.
    private let cells: [Int16]

    /// TensorBoard's bins.
    package static let standard = ValueBins()

    /// The number of bins.
    package var count: Int { edges.count + 1 }

    private init() {
        var positive: [Double] = []
        var edge = 1e-12
        while edge < 1e20 {
            positive.append(edge)
            edge *= 1.1
        }
        let edges = positive.reversed().map { -$0 } + [0] + positive
        self.edges = edges
        cells = (0..<(1 << 13)).map { cell in
            let value = Float(bitPattern: UInt32(cell) << Self.cellShift)
            return Int16(Self.search(value.isNaN ? 0 : Double(value), edges))
        }
    }

    private static let cellShift: UInt32 = 19

    /// The bin of a number that is not NaN. O(1).
    package func bin(of value: Float) -> Int {
        let bin = Int(cells[Int(value.bitPattern >> Self.cellShift)])
        let number = Double(value)
        if value < 0 { return bin > 0 && number < edges[bin - 1] ? bin - 1 : bin }
        return bin < edges.count && number >= edges[bin] ? bin + 1 : bin
    }

    /// The number of edges that are at most `number`.
    private static func search(_ number: Double, _ edges: [Double]) -> Int {
        var (low, high) = (0, edges.count)
        while low < high {
            let middle = (low + high) / 2
            if edges[middle] <= number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
