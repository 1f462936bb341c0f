/// Room for two tests, or for one that wants to be alone.
actor MachineLanes {
    private var free = 2
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var waitingAlone: [CheckedContinuation<Void, Never>] = []

    /// Waits for room.
    func enter(alone: Bool) async {
        await withCheckedContinuation {
            if alone { waitingAlone.append($0) } else { waiting.append($0) }
            admit()
        }
    }

    /// Gives the room back.
    func leave(alone: Bool) {
        free += alone ? 2 : 1
        admit()
    }

    // Those that want to be alone wait for all others: in turns, each would wait for a lane that stays empty until then.
    private func admit() {
        while free > 0, !waiting.isEmpty {
            free -= 1
            waiting.removeFirst().resume()
        }
        if free == 2, !waitingAlone.isEmpty {
            free = 0
            waitingAlone.removeFirst().resume()
        }
    }
}
