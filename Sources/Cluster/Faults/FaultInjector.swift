#if FAULT_INJECTION
    import Glibc
    import MPI
    import Synchronization

    /// Makes the faults of this process happen.
    final class FaultInjector: Sendable {
        private let faults: [FaultSpecification.Fault]
        private let rank: Int
        /// The step that the run is at, for phases without a step.
        private let step = Atomic<Int>(0)
        /// Places of faults that have changed memory once: a second flip would undo the first.
        private let spent = Mutex<Set<Int>>([])

        /// The faults of DTRAIN_FAULT; nil if it is unset or empty.
        static func ofEnvironment() throws -> FaultInjector? {
            guard let text = getenv("DTRAIN_FAULT").flatMap({ String(validatingCString: $0) }), !text.isEmpty
            else { return nil }
            return FaultInjector(
                try FaultSpecification(text), rank: LaunchEnvironment.current.rank ?? 0)
        }

        /// The faults of rank `rank`, by the launcher's numbers.
        init(_ specification: FaultSpecification, rank: Int) {
            faults = specification.faults
            self.rank = rank
        }

        /// Makes the faults of a phase happen.
        func reach(_ phase: FaultPoint.Phase, step: Int?, change: (FaultPoint.Damage) -> Void) {
            if phase == .step, let step { self.step.store(step, ordering: .relaxed) }
            let step = step ?? self.step.load(ordering: .relaxed)
            for (place, fault) in faults.enumerated() where fault.matches(phase, rank: rank, step: step) {
                switch fault.action {
                case .kill: kill(getpid(), SIGKILL)
                case .stop: kill(getpid(), SIGSTOP)
                // A real fault, because Open MPI's handler returns: a signal that was only sent would not come again.
                case .segv: UnsafeMutablePointer<UInt8>(bitPattern: 16)?.pointee = 1
                case .abort: abort()
                case .trap: preconditionFailure("a test wants it")
                case .exit(let code): _exit(code)
                case .slow(let milliseconds): usleep(milliseconds * 1000)
                case .hang: while true { sleep(3600) }
                case .change(let damage):
                    if spent.withLock({ $0.insert(place).inserted }) { change(damage) }
                }
            }
        }
    }
#endif
