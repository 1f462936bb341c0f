/// Finds a rank that takes many times longer for its examples than the others, from samples of what ranks are doing.
///
/// In a sample a rank is busy if it does not wait, or, when all wait, if it is behind the others. Ranks wait for the
/// slowest one, so over a window the share of samples in which a rank is busy, divided by the examples it computed,
/// measures its time per example. Only samples within training steps count, because one rank's checkpoint says nothing
/// about the others' speed. A rank is slow if two windows in a row find it so.
package struct SlowRankWatch: Sendable {
    package struct Finding: Sendable, Equatable {
        package let rank: Int
        /// Its time per example divided by the median of the ranks' times.
        package let factor: Double
    }

    /// The least factor by which a rank's time per example must exceed the median.
    static let factor = 3.0
    /// The shares of the samples in which it must be busy: of those in which any rank is, and of all. A process that
    /// gets little processor time may be stopped while it waits, too, and if all wait for the network nobody is slow.
    static let busyShare = 0.5
    static let shareOfAll = 0.15
    /// The least number of samples in which any rank is busy; fewer prove nothing.
    static let leastSamples = 20

    private let seconds: Double
    private var elapsed = 0.0
    private var samples = 0
    private var busySamples = 0
    private var busy: [Int] = []
    private var examples: [UInt64] = []
    private var suspect: Int?

    package init(seconds: Double) { self.seconds = seconds }

    /// Takes a sample; at the end of a window, returns the slow rank if there is one.
    package mutating func sample(_ sightings: [Sighting], elapsed: Double) -> Finding? {
        guard sightings.count > 1,
            sightings.allSatisfy({ $0.isKnown && $0.state.operation.isStep && $0.state.step > 0 })
        else { return nil }
        if busy.count != sightings.count { begin(sightings) }
        self.elapsed += elapsed
        samples += 1
        let working = Self.waitedFor(sightings)
        if !working.isEmpty { busySamples += 1 }
        for rank in working { busy[rank] += 1 }
        guard self.elapsed >= seconds else { return nil }
        defer { begin(sightings) }
        let found = busySamples >= Self.leastSamples ? finding(sightings) : nil
        defer { suspect = found?.rank }
        return found?.rank == suspect ? found : nil
    }

    /// The ranks that do not wait. If all wait, the ranks that are behind the others, if any: what they wait for has
    /// come, but they do not get the processor.
    private static func waitedFor(_ sightings: [Sighting]) -> [Int] {
        let working = sightings.indices.filter { !sightings[$0].state.isWaiting }
        guard working.isEmpty, let first = sightings.map(\.state.place).min() else { return working }
        let behind = sightings.indices.filter { sightings[$0].state.place == first }
        return behind.count < sightings.count ? behind : []
    }

    private func finding(_ sightings: [Sighting]) -> Finding? {
        // Ranks whose shards are all empty have no speed.
        let speeds = sightings.indices.compactMap { rank -> (rank: Int, time: Double)? in
            let count = sightings[rank].state.examples &- examples[rank]
            return count > 0 ? (rank, Double(max(1, busy[rank])) / Double(count)) : nil
        }.sorted { ($0.time, $0.rank) < ($1.time, $1.rank) }
        guard speeds.count > 1, let slowest = speeds.last else { return nil }
        let ratio = slowest.time / speeds[(speeds.count - 1) / 2].time
        let count = Double(busy[slowest.rank])
        guard ratio >= Self.factor, count >= Self.busyShare * Double(busySamples),
            count >= Self.shareOfAll * Double(samples)
        else { return nil }
        return Finding(rank: slowest.rank, factor: ratio)
    }

    private mutating func begin(_ sightings: [Sighting]) {
        elapsed = 0
        samples = 0
        busySamples = 0
        busy = Array(repeating: 0, count: sightings.count)
        examples = sightings.map(\.state.examples)
    }
}

extension SlowRankWatch {
    /// The longest window, in seconds; a short stall limit shortens it.
    static let longestWindow = 30.0

    /// The window for a stall limit, both in seconds.
    static func window(limit: Double) -> Double { min(longestWindow, max(10, limit)) }
}

extension SlowRankWatch.Finding {
    /// The finding in words for a person.
    package func text(_ sightings: [Sighting], hosts: [String?]) -> String {
        let host = hosts.indices.contains(rank) ? hosts[rank] : nil
        let times = factor < 10 ? "\((factor * 10).rounded() / 10)" : "\(Int(factor.rounded()))"
        return """
            rank \(rank)\(host.map { " on host \($0)" } ?? "") takes \(times) times as long per example as the others, \
            which wait for it (step \(sightings[rank].state.step)): look what else runs there and how ranks are bound to cores
            """
    }
}
