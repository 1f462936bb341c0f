import FixedTree

/// Float64 sums over blocks of parameters, from which norms and inner products are made.
///
/// Neither the blocks of `ParameterLayout` nor the tree that adds their sums depends on the number of ranks.
struct BlockSums {
    private let layout: ParameterLayout
    private let values: [Double]

    init(_ values: [Double], layout: ParameterLayout) {
        precondition(values.count == layout.blocks.count, "\(values.count) sums of \(layout.blocks.count)")
        self.values = values
        self.layout = layout
    }

    /// The sum over all parameters.
    var total: Double { sum(values.indices) }

    /// The sum over each tensor, in the layout's order.
    var perTensor: [Double] { layout.entries.map { sum($0.blocks) } }

    private func sum(_ range: Range<Int>) -> Double {
        FixedTree.fold(range) {
            values[$0]
        } combine: {
            $0 + $1
        } ?? 0
    }
}
