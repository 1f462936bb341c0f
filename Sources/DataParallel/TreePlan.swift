import Datasets

/// The order in which partial results of subtrees combine to the root of the fixed tree.
///
/// Computed from which subtrees the parts stand for, never from who sends them, so any distribution of the leaves
/// over ranks combines to the same bits.
struct TreePlan: Sendable {
    /// Steps of a stack machine: push a part, or combine the two topmost.
    enum Step: Sendable {
        case push(part: Int)
        case combine
    }
    let steps: [Step]
    /// Most values on the stack at once.
    let depth: Int

    init(steps: [Step], depth: Int) {
        self.steps = steps
        self.depth = depth
    }

    /// A plan for `root`, of which `parts` are disjoint subtrees that cover it.
    init(root: Range<Int>, parts: [Range<Int>]) {
        var steps: [Step] = []
        var depth = 0
        var height = 0
        func visit(_ node: Range<Int>) {
            if let part = parts.firstIndex(of: node) {
                steps.append(.push(part: part))
                height += 1
                depth = max(depth, height)
                return
            }
            precondition(node.count > 1, "no part covers leaf \(node)")
            let middle = BlockTree.split(node)
            visit(node.lowerBound..<middle)
            visit(middle..<node.upperBound)
            steps.append(.combine)
            height -= 1
        }
        visit(root)
        self.init(steps: steps, depth: depth)
    }

    /// The tree over the leaves of `root` that `place` gives a number, in postfix order: a number pushes that leaf's
    /// value, −1 adds the two topmost. A missing leaf's sibling stands for both.
    static func postfix(of root: Range<Int>, place: (Int) -> Int?) -> [Int32] {
        if root.count == 1 { return place(root.lowerBound).map { [Int32($0)] } ?? [] }
        let middle = BlockTree.split(root)
        let left = postfix(of: root.lowerBound..<middle, place: place)
        let right = postfix(of: middle..<root.upperBound, place: place)
        return left + right + (left.isEmpty || right.isEmpty ? [] : [-1])
    }
}
