import MPI

/// What one rank last said of itself: eight words, as they stand in shared memory and in datagrams.
package struct RankState: Sendable, Equatable {
    /// Beats of its watchdog: stands still where the process is stopped. 0 before the first.
    package var heartbeat: UInt64 = 0
    /// Times its watchdog saw it at work in a phase that may be long.
    package var activity: UInt64 = 0
    /// Parts of its work that it has done, such as batches of an evaluation.
    package var progress: UInt64 = 0
    /// The optimizer step that it is in; 0 before the first.
    package var step: UInt64 = 0
    /// The operation's number in the low byte, above it a detail such as a bucket.
    package var operationWord: UInt64 = 0
    /// Odd inside an MPI call that waits for other ranks.
    package var waits: UInt64 = 0
    /// Examples it has computed gradients of.
    package var examples: UInt64 = 0
    /// Its process.
    package var processID: UInt64 = 0

    /// The places of the words.
    enum Word: Int, CaseIterable {
        case heartbeat, activity, progress, step, operation, waits, examples, processID
    }

    /// Words of a state.
    static let wordCount = Word.allCases.count
    /// Bytes of a state in memory: a cache line.
    static let byteCount = 64

    /// A rank that has said nothing.
    package init() {}

    /// The state that words stand for; unknown operations count as computing.
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

    /// Reads a state from shared memory. Words are read one by one: a state may be half old, half new.
    init(at line: UnsafeMutableRawPointer) {
        self.init(words: (0..<Self.wordCount).map { SharedFlag(at: line + 8 * $0).load() })
    }

    /// Writes the state into shared memory, the heartbeat last.
    func store(at line: UnsafeMutableRawPointer) {
        for (place, word) in words.enumerated().reversed() { SharedFlag(at: line + 8 * place).store(word) }
    }

    /// The last beat of a watchdog that has named a rank and ends the job.
    static let lastBeat = UInt64.max

    /// Whether its watchdog ends the job.
    var hasGivenUp: Bool { heartbeat == Self.lastBeat }

    /// What the rank is at.
    package var operation: RankOperation {
        get { RankOperation(rawValue: operationWord & 0xff) ?? .computing }
        set { operationWord = newValue.rawValue }
    }

    /// Whether it can only wait for others.
    package var isWaiting: Bool { operation.waits || waits % 2 == 1 }

    /// The operation as messages name it.
    var operationText: String { operation.text(detail: operationWord >> 8) }

    /// How far it is: the step, and within it the phase. Ranks that wait at different places wait for those behind.
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

    /// Whether the rank itself has moved on since `other`; its watchdog's words do not count.
    func hasMoved(since other: RankState) -> Bool {
        progress != other.progress || step != other.step || operationWord != other.operationWord
            || waits != other.waits
    }
}
