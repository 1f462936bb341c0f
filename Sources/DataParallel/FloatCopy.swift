import Cluster
import Glibc

/// A private copy of Float32 values, made as fast as memory allows because training waits for it.
package final class FloatCopy: @unchecked Sendable {
    /// The number of values.
    package let count: Int
    private let memory: UnsafeMutableRawPointer

    /// Copies values; throws where there is no memory for them.
    init(_ values: UnsafeBufferPointer<Float>) throws(ResourceError) {
        count = values.count
        memory = try Self.copy(values)
    }

    /// Copies an array; throws where there is no memory for it.
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
        // The first write to each page costs more than the copy, so use large pages.
        if byteCount >= manyBytes { madvise(memory, byteCount, MADV_HUGEPAGE) }
        if let start = values.baseAddress { memory.copyMemory(from: start, byteCount: byteCount) }
        return memory
    }

    deinit { PrivateMemory.free(memory, count * 4) }

    /// Calls `body` with the bytes of the values.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(start: memory, count: count * 4))
    }

    private static let manyBytes = 4 << 20
}
