/// The order in which partial results of subtrees combine to the root of the fixed tree.
///
/// It follows from which subtrees the parts stand for, never from who sends them, so any distribution of the leaves
/// over ranks combines to the same bits.
package struct TreePlan: Sendable {
    /// Steps of a stack machine: push a part, or combine the two topmost.
    package enum Step: Sendable, Equatable {
        case push(part: Int)
        case combine
    }
    package let steps: [Step]
    /// The most values on the stack at once.
    package let depth: Int

    package init(steps: [Step]) {
        var height = 0
        depth = steps.reduce(0) { depth, step in
            height += step == .combine ? -1 : 1
            return max(depth, height)
        }
        self.steps = steps
    }

    /// A plan for `root`, whose leaves the disjoint subtrees `parts` cover.
    package init(root: Range<Int>, parts: [Range<Int>]) {
        self.init(
            steps: FixedTree.fold(root) { node in
                parts.firstIndex(of: node).map { [.push(part: $0)] }
            } combine: { left, right in
                left + right + [.combine]
            })
    }

    /// A plan for `root`, whose parts are the leaves that `place` numbers. The sibling of a leaf without a number
    /// stands for both; without any number there are no steps.
    package init(root: Range<Int>, place: (Int) -> Int?) {
        self.init(
            steps: FixedTree.fold(root) { leaf in
                place(leaf).map { [.push(part: $0)] }
            } combine: { left, right in
                left + right + [.combine]
            } ?? [])
    }

    /// The steps as numbers, for kernels in C: the part to push, or −1 to combine.
    package var postfix: [Int32] {
        steps.map { step in
            switch step {
            case .push(let part): Int32(part)
            case .combine: -1
            }
        }
    }
}
