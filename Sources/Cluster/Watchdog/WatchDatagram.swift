/// States of neighbouring ranks of one node, on their way to another node.
///
/// Little-endian 64-bit words: the run's token (2), the first rank, the number of ranks, then each rank's state. A
/// datagram with another token, length or range of ranks is dropped.
package struct WatchDatagram: Sendable, Equatable {
    package let firstRank: Int
    package let states: [RankState]

    /// The most states of one datagram, so that it fits the frame of any network.
    package static let capacity = 16
    /// Bytes of the largest datagram.
    static let largest = 8 * (headerWords + capacity * RankState.wordCount)
    private static let headerWords = 4

    package init(firstRank: Int, states: [RankState]) {
        precondition((1...Self.capacity).contains(states.count), "\(states.count) states in a datagram")
        self.firstRank = firstRank
        self.states = states
    }

    /// Reads a datagram; nil unless it has this token and is about ranks of one of `nodes`.
    package init?(_ bytes: some Collection<UInt8>, token: [UInt64], nodes: [Range<Int>]) {
        guard bytes.count % 8 == 0, bytes.count > 8 * Self.headerWords, bytes.count <= Self.largest else {
            return nil
        }
        var words: [UInt64] = []
        var word: UInt64 = 0
        for (place, byte) in bytes.enumerated() {
            word |= UInt64(byte) << (8 * UInt64(place % 8))
            if place % 8 == 7 {
                words.append(word)
                word = 0
            }
        }
        guard Array(words[0..<2]) == token, (1...UInt64(Self.capacity)).contains(words[3]),
            words.count == Self.headerWords + Int(words[3]) * RankState.wordCount,
            let first = Int(exactly: words[2]),
            nodes.contains(where: { $0.contains(first) && $0.upperBound - first >= Int(words[3]) })
        else { return nil }
        firstRank = first
        states = (0..<Int(words[3])).map {
            RankState(
                words: words[(Self.headerWords + $0 * RankState.wordCount)...].prefix(RankState.wordCount))
        }
    }

    package func bytes(token: [UInt64]) -> [UInt8] {
        let words = token + [UInt64(firstRank), UInt64(states.count)] + states.flatMap(\.words)
        return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }
}
