/// Finds a rank that takes many times longer for its examples than the others, from samples of what ranks are at.
///
/// A sample counts a rank as busy where it does not wait, or is behind where all do. Ranks wait for the slowest, so over
/// a window the share of samples in which a rank is busy, divided by the examples it computed, is its time per example.
/// Only samples within training steps count: one rank's checkpoint is not the others' speed. A rank is slow that is
/// found so in two windows in a row.
package struct SlowRankWatch: Sendable {
    /// A rank that is slow.
    package struct Finding: Sendable, Equatable {
        /// The rank.
        package let rank: Int
        /// Its time per example ÷ the others' middle one.
        package let factor: Double
    }

    /// How many times longer than the others' a rank's time per example must be.
    static let factor = 3.0
    /// The part of the samples in which it must be busy, of those in which any rank is, and of all: a process that gets
    /// little processor time may be stopped in its waits as well, and where all wait for the network nobody is slow.
    static let busyShare = 0.5
    static let shareOfAll = 0.15
    /// Fewer samples in which any rank is busy say nothing.
    static let leastSamples = 20

    private let seconds: Double
    private var elapsed = 0.0
    private var samples = 0
    private var busySamples = 0
    private var busy: [Int] = []
    private var examples: [UInt64] = []
    private var suspect: Int?

    /// Looks over windows of `seconds`.
    package init(seconds: Double) { self.seconds = seconds }

    /// Takes a sample; at the end of a window, the slow rank if there is one.
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

    /// The ranks that do not wait; where all do, those behind the others, if there are any: they have what they wait
    /// for, but not the processor.
    private static func waitedFor(_ sightings: [Sighting]) -> [Int] {
        let working = sightings.indices.filter { !sightings[$0].state.isWaiting }
        guard working.isEmpty, let first = sightings.map(\.state.place).min() else { return working }
        let behind = sightings.indices.filter { sightings[$0].state.place == first }
        return behind.count < sightings.count ? behind : []
    }

    private func finding(_ sightings: [Sighting]) -> Finding? {
        // Ranks whose shards are empty in every step have no speed.
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
    /// Seconds of a window where the stall limit does not ask for a shorter one.
    static let longestWindow = 30.0

    /// Seconds of a window beside a stall limit.
    static func window(limit: Double) -> Double { min(longestWindow, max(10, limit)) }
}

extension SlowRankWatch.Finding {
    /// What a person reads of it.
    package func text(_ sightings: [Sighting], hosts: [String?]) -> String {
        let host = hosts.indices.contains(rank) ? hosts[rank] : nil
        let times = factor < 10 ? "\((factor * 10).rounded() / 10)" : "\(Int(factor.rounded()))"
        return """
            rank \(rank)\(host.map { " on host \($0)" } ?? "") takes \(times) times as long per example as the others, \
            which wait for it (step \(sightings[rank].state.step)): look what else runs there and how ranks are bound to cores
            """
    }
}
