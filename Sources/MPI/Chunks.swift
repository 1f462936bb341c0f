/// Cuts a count of any size into parts that MPI's 32-bit counts can carry: the one place where counts narrow.
struct Chunks: Sequence, IteratorProtocol {
    struct Part: Equatable {
        var offset: Int
        var count: Int32
    }

    private let total: Int
    private let limit: Int
    private let isMessage: Bool
    private var offset = 0
    private var isDone = false

    /// The parts of a collective over `total` elements, which every rank knows: none for 0 elements, and
    /// never an empty part.
    init(_ total: Int, limit: Int) {
        self.init(total: total, limit: limit, isMessage: false)
    }

    /// The parts of a point-to-point message: full ones and then exactly one that is shorter, possibly empty.
    ///
    /// The shorter part tells a receiver that does not know the length where the message ends. A message shorter than
    /// the limit is one plain MPI message.
    init(messageOf total: Int, limit: Int) {
        self.init(total: total, limit: limit, isMessage: true)
    }

    private init(total: Int, limit: Int, isMessage: Bool) {
        precondition(total >= 0, "element count \(total) is negative")
        precondition((1...Int(Int32.max)).contains(limit), "count limit \(limit) is not in 1...\(Int32.max)")
        self.total = total
        self.limit = limit
        self.isMessage = isMessage
        self.isDone = total == 0 && !isMessage
    }

    mutating func next() -> Part? {
        if isDone { return nil }
        let count = Swift.min(total - offset, limit)
        let part = Part(offset: offset, count: Int32(count))
        offset += count
        isDone = isMessage ? count < limit : offset == total
        return part
    }
}
