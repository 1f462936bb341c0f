/// Where each rank's run of elements lies in a buffer that holds all ranks' runs in rank order.
struct RankLayout {
    let counts: [Int]
    /// First element of each rank.
    let offsets: [Int]
    let total: Int

    /// The layout of given counts, one per rank of the communicator.
    init(counts: [Int], on communicator: Communicator) {
        precondition(
            counts.count == communicator.size,
            "\(counts.count) counts for \(communicator.size) ranks")
        var offsets = [Int]()
        offsets.reserveCapacity(counts.count)
        var total = 0
        for count in counts {
            precondition(count >= 0, "a rank's count is \(count)")
            offsets.append(total)
            total += count
        }
        self.counts = counts
        self.offsets = offsets
        self.total = total
    }

    /// The layout of one count for every rank.
    init(each count: Int, on communicator: Communicator) {
        self.init(counts: Array(repeating: count, count: communicator.size), on: communicator)
    }

    /// The counts as C ints if everything together stays within the limit, else nil.
    ///
    /// The total decides, because libraries compute displacements with the same 32 bits.
    func counts32(limit: Int) -> [Int32]? {
        total > limit ? nil : counts.map { Int32($0) }
    }

    /// The offsets as C ints; only for layouts that `counts32` accepts.
    var offsets32: [Int32] { offsets.map { Int32($0) } }

    /// All ranks' runs cut into parts: the owner, the offset in the whole buffer, and the part of the owner's run.
    func parts(limit: Int) -> [(owner: Int, offset: Int, part: Chunks.Part)] {
        var result = [(owner: Int, offset: Int, part: Chunks.Part)]()
        for owner in counts.indices {
            for part in Chunks(counts[owner], limit: limit) {
                result.append((owner: owner, offset: offsets[owner] + part.offset, part: part))
            }
        }
        return result
    }
}
