import Messages

extension StallVerdict {
    /// The verdict in words for a person: which ranks, where, since which step, and what to do or what happens next.
    ///
    /// - Parameter hosts: Each rank's host, nil if unknown.
    package func text(_ sightings: [Sighting], hosts: [String?], advice: String) -> String {
        let several = ranks.count > 1
        var text = kind == .deadlock ? "all " : ""
        text += names(hosts)
        let first = sightings[ranks[0]].state
        let others = sightings.indices.filter { sightings[$0].isLive && !ranks.contains($0) }
        let place = Self.place(first, others.map { sightings[$0].state.step }.min())
        let duration = "for \(Int(seconds.rounded())) s"
        switch kind {
        case .absent:
            text += several ? " have" : " has"
            text += " not been heard of \(duration)"
        case .deadlock:
            text +=
                first.operation == .starting
                ? " of this host wait for those of others" : " wait for one another"
            text += " \(place) \(duration)"
        case .silent, .hanging:
            text += several ? " have" : " has"
            text += " not moved \(place) \(duration)"
        }
        if waiting > 0 { text += " while \(waiting) other rank\(waiting == 1 ? " waits" : "s wait")" }
        if waiting > 0, let other = others.first { text += " (\(sightings[other].state.operationText))" }
        return "\(text): \(advice)"
    }

    /// What to do when the run is given up; `continuation` says how to continue it.
    package func advice(_ continuation: String) -> String {
        switch kind {
        case .silent:
            "the process is stopped or its host is gone; start the run again, on other hosts if need be, with \(continuation)"
        case .hanging:
            "its process lives but does nothing; look at its host's disks and logs, or raise training.stall_timeout, and start the run again with \(continuation)"
        case .absent:
            "it did not start, is stopped, or its host is gone or not reached; start the run again with \(continuation)"
        case .deadlock:
            "messages are lost, or a host is; look at the network between the hosts and start the run again with \(continuation)"
        }
    }

    /// "rank 1 on host a", "rank 1 on host a and rank 2 on host b", "rank 1 on host a and 7 others".
    private func names(_ hosts: [String?]) -> String {
        func name(_ rank: Int) -> String {
            guard hosts.indices.contains(rank), let host = hosts[rank] else { return "rank \(rank)" }
            return "rank \(rank) on host \(host)"
        }
        if kind == .deadlock { return counted(ranks.count, "rank") }
        switch ranks.count {
        case 1: return name(ranks[0])
        case 2: return "\(name(ranks[0])) and \(name(ranks[1]))"
        default: return "\(name(ranks[0])) and \(counted(ranks.count - 1, "other"))"
        }
    }

    /// Such as "since step 12 (computing)". A rank whose last state came late is at least in the step in which the
    /// others wait.
    private static func place(_ state: RankState, _ othersStep: UInt64?) -> String {
        let step = max(state.step, othersStep ?? 0)
        let operation = step == state.step ? " (\(state.operationText))" : ""
        return "since \(step == 0 ? "the start" : "step \(step)")\(operation)"
    }
}
