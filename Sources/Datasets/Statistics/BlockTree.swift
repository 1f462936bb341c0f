/// The one binary tree over blocks a..<b by which partial results are combined: a node splits at ⌈(a+b)/2⌉.
///
/// The tree depends on the number of blocks alone, so partial results combine to the same bits however the
/// blocks were shared out.
package enum BlockTree {
    /// Where a node of at least two blocks splits.
    package static func split(_ node: Range<Int>) -> Int {
        precondition(node.count > 1, "a leaf \(node) does not split")
        return node.lowerBound + (node.count + 1) / 2
    }

    /// The largest nodes of the tree over 0..<count that lie inside `blocks`, in order; they cover it
    /// exactly. At most about 2·log₂(count).
    package static func nodes(inside blocks: Range<Int>, of count: Int) -> [Range<Int>] {
        precondition(0 <= blocks.lowerBound && blocks.upperBound <= count, "blocks \(blocks) of \(count)")
        var nodes: [Range<Int>] = []
        func visit(_ node: Range<Int>) {
            guard node.overlaps(blocks) else { return }
            if blocks.lowerBound <= node.lowerBound && node.upperBound <= blocks.upperBound {
                nodes.append(node)
                return
            }
            let middle = split(node)
            visit(node.lowerBound..<middle)
            visit(middle..<node.upperBound)
        }
        visit(0..<count)
        return nodes
    }
}
