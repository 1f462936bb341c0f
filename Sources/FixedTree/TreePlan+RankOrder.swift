#if FAULT_INJECTION
    extension TreePlan {
        /// Adds the parts one after another in the given order, as a sum that depends on the number of ranks would.
        ///
        /// Only a test's control uses it, to show that its comparison of bytes can fail.
        package init(inOrderOf parts: [Range<Int>]) {
            self.init(
                steps: parts.indices.flatMap { $0 == 0 ? [.push(part: 0)] : [.push(part: $0), .combine] })
        }
    }
#endif
