import MPI

/// What one rank last showed of itself: eight words, laid out as in shared memory and in datagrams.
package struct RankState: Sendable, Equatable {
    /// Beats of its watchdog, which stop while the process is stopped; 0 before the first.
    package var heartbeat: UInt64 = 0
    /// How often its watchdog saw it at work in a phase that may be long.
    package var activity: UInt64 = 0
    /// Parts of its work that are done, such as batches of an evaluation.
    package var progress: UInt64 = 0
    /// The optimizer step that it is in, from 1; 0 before the first.
    package var step: UInt64 = 0
    /// The operation's number in the low byte, and a detail such as a bucket above it.
    package var operationWord: UInt64 = 0
    /// Odd inside an MPI call that waits for other ranks.
    package var waits: UInt64 = 0
    /// Examples whose gradients it has computed.
    package var examples: UInt64 = 0
    package var processID: UInt64 = 0

    /// The places of the words.
    enum Word: Int, CaseIterable {
        case heartbeat, activity, progress, step, operation, waits, examples, processID
    }

    /// Words of a state.
    static let wordCount = Word.allCases.count
    /// Bytes of a state in memory, one cache line.
    static let byteCount = 64

    /// A rank that has shown nothing.
    package init() {}

    /// The state that words encode; unknown operations count as computing.
    init(words: some Collection<UInt64>) {
        precondition(words.count == Self.wordCount, "\(words.count) words of a state")
        var next = words.makeIterator()
        func word() -> UInt64 { next.next() ?? 0 }
        heartbeat = word()
        activity = word()
        progress = word()
        step = word()
        operationWord = word()
        waits = word()
        examples = word()
        processID = word()
    }

    /// The words, in order.
    var words: [UInt64] {
        [heartbeat, activity, progress, step, operationWord, waits, examples, processID]
    }

    /// Reads a state from shared memory word by word, so it may be half old and half new.
    init(at line: UnsafeMutableRawPointer) {
        self.init(words: (0..<Self.wordCount).map { SharedFlag(at: line + 8 * $0).load() })
    }

    /// Writes the state into shared memory, the heartbeat last.
    func store(at line: UnsafeMutableRawPointer) {
        for (place, word) in words.enumerated().reversed() { SharedFlag(at: line + 8 * place).store(word) }
    }

    /// The last beat of a watchdog that has named a rank and is ending the job.
    static let lastBeat = UInt64.max

    /// Whether its watchdog is ending the job.
    var hasGivenUp: Bool { heartbeat == Self.lastBeat }

    package var operation: RankOperation {
        get { RankOperation(rawValue: operationWord & 0xff) ?? .computing }
        set { operationWord = newValue.rawValue }
    }

    /// Whether it can only wait for others.
    package var isWaiting: Bool { operation.waits || waits % 2 == 1 }

    var operationText: String { operation.text(detail: operationWord >> 8) }

    /// How far the rank is: its step, and the phase within the step. Ranks that wait at different places wait for those
    /// behind.
    var place: UInt64 {
        let phase: UInt64 =
            switch operation {
            case .gradients: 1
            case .meeting: operationWord >> 8 == 0 ? 2 : 4
            case .updating, .weights: 3
            default: 0
            }
        return step << 3 | phase
    }

    /// Whether the rank itself has moved since `other`; words of its watchdog do not count.
    func hasMoved(since other: RankState) -> Bool {
        progress != other.progress || step != other.step || operationWord != other.operationWord
            || waits != other.waits
    }
}
