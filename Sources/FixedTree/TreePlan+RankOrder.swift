#if FAULT_INJECTION
    extension TreePlan {
        /// Parts added one after another in the order given: what a sum that depends on the number of ranks looks like.
        ///
        /// Only a test's control uses it, to show that its comparison of bytes can fail.
        package init(inOrderOf parts: [Range<Int>]) {
            self.init(
                steps: parts.indices.flatMap { $0 == 0 ? [.push(part: 0)] : [.push(part: $0), .combine] })
        }
    }
#endif
