extension Replica {
    #if FAULT_INJECTION
        /// Lets the faults of a phase happen, those in memory included.
        ///
        /// - Parameters:
        ///   - step: The step, counted from 1 over the whole run; nil for the one the run is at.
        ///   - bucket: The bucket whose gradient is computed.
        package func reach(_ phase: FaultPoint.Phase, step: Int? = nil, bucket: Int = 0) {
            FaultPoint.reach(phase, step: step) { spoil($0, bucket: bucket) }
        }

        /// Changes the lowest bit of a value, or makes a gradient no number.
        private func spoil(_ spoiled: FaultPoint.Spoiled, bucket: Int) {
            switch spoiled {
            case .weights: Self.flip(state.parameters.base.assumingMemoryBound(to: Float.self))
            case .optimizer:
                // A rule without state has nothing that could differ.
                if !settings.rule.stateNames.isEmpty, !update.arrays.duties.isEmpty {
                    Self.flip(update.arrays.pointer(0, duty: 0))
                }
            case .statistics: Self.flip(state.states.assumingMemoryBound(to: Float.self))
            case .gradient:
                guard !map.subtrees[cluster.rank].isEmpty else { return }
                gradients.partial(subtree: 0)[state.layout.buckets[bucket].elements.lowerBound] = .nan
            }
        }

        private static func flip(_ value: UnsafeMutablePointer<Float>) {
            value.pointee = Float(bitPattern: value.pointee.bitPattern ^ 1)
        }
    #else
        @inlinable package func reach(_ phase: FaultPoint.Phase, step: Int? = nil, bucket: Int = 0) {}
    #endif
}
