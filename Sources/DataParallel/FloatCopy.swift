import Cluster
import Glibc

/// A private copy of Float32 values, made as fast as memory allows: while it is made training stands still.
package final class FloatCopy: @unchecked Sendable {
    /// Values in it.
    package let count: Int
    private let memory: UnsafeMutableRawPointer

    /// A copy of values that stand in memory.
    init(_ values: UnsafeBufferPointer<Float>) throws(ResourceError) {
        count = values.count
        memory = try Self.copy(values)
    }

    /// A copy of an array.
    package init(_ values: [Float]) throws {
        count = values.count
        memory = try values.withUnsafeBufferPointer(Self.copy)
    }

    private static func copy(_ values: UnsafeBufferPointer<Float>) throws(ResourceError)
        -> UnsafeMutableRawPointer
    {
        let byteCount = values.count * 4
        let memory = try PrivateMemory.allocate(
            byteCount, for: .model("the copy of a checkpoint"), reserve: ProcessLimits.reserveOfForeseen)
        // The first write to a page costs more than the copy; large pages are few.
        if byteCount >= manyBytes { madvise(memory, byteCount, MADV_HUGEPAGE) }
        if let start = values.baseAddress { memory.copyMemory(from: start, byteCount: byteCount) }
        return memory
    }

    deinit { PrivateMemory.free(memory, count * 4) }

    /// Calls `body` with the values as they lie in memory.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(start: memory, count: count * 4))
    }

    private static let manyBytes = 4 << 20
}
