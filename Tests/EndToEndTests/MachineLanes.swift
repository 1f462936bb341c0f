/// Room for two tests, or for one that wants to be alone.
actor MachineLanes {
    /// What a test asks of those beside it.
    enum Company: CaseIterable, Comparable {
        /// Any other test may run.
        case shared
        /// Only another one that mostly waits, too.
        case quiet
        /// None.
        case none
    }

    private var free = 2
    private var running: [Company: Int] = [:]
    private var waiting: [Company: [CheckedContinuation<Void, Never>]] = [:]

    /// Waits for room.
    func enter(_ company: Company) async {
        await withCheckedContinuation {
            waiting[company, default: []].append($0)
            admit()
        }
    }

    /// Gives the room back.
    func leave(_ company: Company) {
        running[company, default: 0] -= 1
        free += company == .none ? 2 : 1
        admit()
    }

    // Those that ask for more wait for all others: in turns, each would wait for a lane that stays empty until then.
    private func admit() {
        for company in Company.allCases {
            while free >= (company == .none ? 2 : 1),
                running.allSatisfy({ $0.key == company || $0.value == 0 }),
                var queue = waiting[company], !queue.isEmpty
            {
                let next = queue.removeFirst()
                waiting[company] = queue
                running[company, default: 0] += 1
                free -= company == .none ? 2 : 1
                next.resume()
            }
            if !(waiting[company] ?? []).isEmpty { return }
        }
    }
}
