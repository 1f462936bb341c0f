import FixedTree
import Testing

/// Where the tree splits, which nodes cover a range, and what empty leaves do to a fold.
@Suite struct FixedTreeTests {
    @Test(arguments: 1...40) func nodesCoverTheirLeaves(count: Int) {
        for lower in 0...count {
            for upper in lower...count {
                let nodes = FixedTree.nodes(inside: lower..<upper, of: count)
                #expect(nodes.flatMap { Array($0) } == Array(lower..<upper))
            }
        }
        #expect(FixedTree.nodes(inside: 0..<count, of: count) == [0..<count])
    }

    @Test func nodesSplitAtTheUpperMiddle() {
        for a in 0..<6 {
            for b in a + 2..<a + 12 { #expect(FixedTree.split(a..<b) == (a + b + 1) / 2) }
        }
        #expect(FixedTree.nodes(inside: 1..<6, of: 7) == [1..<2, 2..<4, 4..<6])
    }

    /// The order of additions, written out.
    private func order(_ leaves: [String?]) -> String? {
        FixedTree.fold(leaves.indices) {
            leaves[$0]
        } combine: {
            "(\($0)\($1))"
        }
    }

    @Test func foldsHalvesAndLetsSiblingsStandForEmptyLeaves() {
        #expect(order(["a", "b", "c", "d", "e"]) == "(((ab)c)(de))")
        #expect(order(["a", nil, "c", nil, nil]) == "(ac)")
        #expect(order([nil, nil, nil]) == nil)
        #expect(order([]) == nil)
    }

    @Test(arguments: 1...20) func plansAddInTheOrderOfFolds(count: Int) {
        let leaves = (0..<count).map { place in place % 4 == 2 ? nil : "\(place)," }
        let plan = TreePlan(root: 0..<count) { leaves[$0] == nil ? nil : $0 }
        var stack: [String] = []
        for step in plan.steps {
            switch step {
            case .push(let part): stack.append(leaves[part] ?? "?")
            case .combine:
                let right = stack.removeLast()
                stack[stack.count - 1] = "(\(stack[stack.count - 1])\(right))"
            }
            #expect(stack.count <= plan.depth)
        }
        #expect(stack == [order(leaves)].compactMap { $0 })
        #expect(plan.postfix.count == plan.steps.count)
    }
}
