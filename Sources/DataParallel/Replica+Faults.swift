import Cluster

extension Replica {
    #if FAULT_INJECTION
        /// Triggers the faults that a test has planned for a phase, damage to memory included.
        ///
        /// - Parameters:
        ///   - step: The step, counted from 1 over the whole run; nil for the current one.
        package func reach(_ phase: FaultPoint.Phase, step: Int? = nil) {
            FaultPoint.reach(phase, step: step) { damage in
                if case .bit(let bit, of: let held) = damage { turnOver(bit, of: held) }
            }
        }

        private func turnOver(_ bit: Int, of held: FaultPoint.Held) {
            let variables = state.model.variables
            let first: UnsafeMutablePointer<Float>? =
                switch held {
                case .weights: variables.lastIndex { $0.isTrainable }.map { state.pointer($0) }
                case .statistics: variables.lastIndex { !$0.isTrainable }.map { state.pointer($0) }
                case .optimizer:
                    settings.rule.stateNames.isEmpty || update.arrays.duties.isEmpty
                        ? nil : update.arrays.pointer(0, duty: 0)
                }
            // Without a value to damage the fault does not happen, and the test that expects it fails.
            guard let first else { return }
            let value = first + bit / 32
            value.pointee = Float(bitPattern: value.pointee.bitPattern ^ 1 << UInt32(bit % 32))
        }
    #else
        @inlinable package func reach(_ phase: FaultPoint.Phase, step: Int? = nil) {}
    #endif
}
