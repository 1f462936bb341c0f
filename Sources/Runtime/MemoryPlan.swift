/// Places of buffers inside their memories: buffers of the arena whose lives do not overlap share memory.
struct MemoryPlan {
    /// Bytes of a shard's arena.
    let arenaBytes: Int
    /// Bytes of a shard's memory that lasts to the end of a part.
    let keptBytes: Int
    /// Bytes of the rank's uniform memory.
    let uniformBytes: Int

    /// Every buffer starts at a multiple of a cache line, which is also the widest vector.
    private static let alignment = 64

    /// Settles the offsets of arena, kept and uniform buffers.
    ///
    /// - Parameter keep: Buffers that are read after their last step, so they live to the end of the program.
    init(buffers: inout [Buffer], perShard: [Step], keep: Set<Int>) {
        uniformBytes = Self.placeOneAfterAnother(&buffers, .uniform)
        keptBytes = Self.placeOneAfterAnother(&buffers, .kept)
        arenaBytes = Self.placeByLife(&buffers, perShard, keep: keep)
    }

    /// Shards read uniform buffers at times of their own, and joint gradients read kept ones after all shards, so that none
    /// can be reused.
    private static func placeOneAfterAnother(_ buffers: inout [Buffer], _ home: Buffer.Home) -> Int {
        var end = 0
        for index in buffers.indices where buffers[index].home == home {
            buffers[index].offset = end
            end += aligned(buffers[index].byteCount)
        }
        return end
    }

    private static func placeByLife(_ buffers: inout [Buffer], _ steps: [Step], keep: Set<Int>) -> Int {
        var lastUse = Array(repeating: -1, count: buffers.count)
        for (time, step) in steps.enumerated() {
            for buffer in step.reads + step.writes { lastUse[buffer] = time }
        }
        for buffer in keep { lastUse[buffer] = steps.count }
        var placed = Array(repeating: false, count: buffers.count)
        var free = FreeList()
        for (time, step) in steps.enumerated() {
            var takenOver: Int?
            for written in step.writes where buffers[written].home == .arena && !placed[written] {
                placed[written] = true
                if let source = step.inPlace, takenOver == nil, buffers[source].home == .arena,
                    lastUse[source] == time, buffers[source].byteCount == buffers[written].byteCount
                {
                    buffers[written].offset = buffers[source].offset
                    takenOver = source
                } else {
                    buffers[written].offset = free.take(aligned(buffers[written].byteCount))
                }
            }
            for buffer in Set(step.reads + step.writes).sorted()
            where buffers[buffer].home == .arena && lastUse[buffer] == time && buffer != takenOver {
                free.give(buffers[buffer].offset, aligned(buffers[buffer].byteCount))
            }
        }
        return free.end
    }

    private static func aligned(_ bytes: Int) -> Int {
        max(alignment, (bytes + alignment - 1) / alignment * alignment)
    }
}

/// Free stretches below the high-water mark, in order of place.
private struct FreeList {
    private var stretches: [(start: Int, length: Int)] = []
    private(set) var end = 0

    /// The start of the smallest free stretch that is large enough, or new memory at the end.
    mutating func take(_ length: Int) -> Int {
        let fitting = stretches.indices.filter { stretches[$0].length >= length }
        if let best = fitting.min(by: { stretches[$0].length < stretches[$1].length }) {
            let start = stretches[best].start
            if stretches[best].length == length {
                stretches.remove(at: best)
            } else {
                stretches[best] = (start + length, stretches[best].length - length)
            }
            return start
        }
        // A free stretch at the very end is extended rather than left as a hole.
        if let last = stretches.last, last.start + last.length == end {
            stretches.removeLast()
            end = last.start + length
            return last.start
        }
        end += length
        return end - length
    }

    mutating func give(_ start: Int, _ length: Int) {
        let place = stretches.firstIndex { $0.start > start } ?? stretches.count
        stretches.insert((start, length), at: place)
        if place + 1 < stretches.count, start + length == stretches[place + 1].start {
            stretches[place].length += stretches[place + 1].length
            stretches.remove(at: place + 1)
        }
        if place > 0, stretches[place - 1].start + stretches[place - 1].length == start {
            stretches[place - 1].length += stretches[place].length
            stretches.remove(at: place)
        }
    }
}
