/// The one binary tree over leaves a..<b in which partial results are combined: a node splits at ⌈(a+b)/2⌉.
///
/// The tree depends on the number of leaves alone, so partial results combine to the same bits however the leaves
/// were shared out.
package enum FixedTree {
    /// Where a node of at least two leaves splits.
    @inlinable package static func split(_ node: Range<Int>) -> Int {
        precondition(node.count > 1, "a leaf \(node) does not split")
        return node.lowerBound + (node.count + 1) / 2
    }

    /// Combines the values of the leaves below `node`.
    ///
    /// - Parameters:
    ///   - known: The value of a subtree that need not be split; nil to split it. Every leaf must have a value.
    ///   - combine: Makes the value of a subtree from the values of its left and right halves.
    @inlinable package static func fold<Value>(
        _ node: Range<Int>, known: (Range<Int>) throws -> Value?, combine: (Value, Value) throws -> Value
    ) rethrows -> Value {
        if let value = try known(node) { return value }
        let middle = split(node)
        let left = try fold(node.lowerBound..<middle, known: known, combine: combine)
        return try combine(left, try fold(middle..<node.upperBound, known: known, combine: combine))
    }

    /// Combines the values of the leaves below `node`, where a leaf may hold none: then the other half stands for both.
    /// Nil if no leaf holds a value.
    @inlinable package static func fold<Value>(
        _ node: Range<Int>, leaf: (Int) throws -> Value?, combine: (Value, Value) throws -> Value
    ) rethrows -> Value? {
        guard !node.isEmpty else { return nil }
        return try fold(node) { node -> Value?? in
            node.count == 1 ? .some(try leaf(node.lowerBound)) : .none
        } combine: { left, right -> Value? in
            guard let left else { return right }
            return try right.map { try combine(left, $0) } ?? left
        }
    }

    /// The largest nodes of the tree over 0..<count that lie inside `leaves`, in order; they cover it exactly. At most
    /// about 2·log₂(count).
    package static func nodes(inside leaves: Range<Int>, of count: Int) -> [Range<Int>] {
        precondition(0 <= leaves.lowerBound && leaves.upperBound <= count, "leaves \(leaves) of \(count)")
        guard !leaves.isEmpty else { return [] }
        return fold(0..<count) { node -> [Range<Int>]? in
            if leaves.lowerBound <= node.lowerBound && node.upperBound <= leaves.upperBound { return [node] }
            return node.overlaps(leaves) ? nil : []
        } combine: {
            $0 + $1
        }
    }
}
