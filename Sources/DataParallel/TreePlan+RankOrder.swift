extension TreePlan {
    /// Parts added one after another in the order given: what a sum that depends on the number of ranks looks like.
    ///
    /// Only a test's control uses it, to show that its comparison of bytes can fail.
    init(inOrderOf parts: [Range<Int>]) {
        var steps: [Step] = []
        for part in parts.indices {
            steps.append(.push(part: part))
            if part > 0 { steps.append(.combine) }
        }
        self.init(steps: steps, depth: 2)
    }
}
