internal import CMPI

/// A 64-bit counter in memory that several processes share, such as a `SharedWindow`.
///
/// A store makes everything its thread wrote before visible to whoever loads the stored value.
public struct SharedFlag: @unchecked Sendable {
    private let word: UnsafeMutableRawPointer

    /// The flag at an address that is a multiple of 8; the memory must outlive the flag.
    public init(at address: UnsafeMutableRawPointer) {
        precondition(UInt(bitPattern: address) % 8 == 0, "flag address \(address) is not a multiple of 8")
        word = address
    }

    /// The value (acquire).
    public func load() -> UInt64 { dt_load_acquire_u64(word) }

    /// Sets the value (release).
    public func store(_ value: UInt64) { dt_store_release_u64(word, value) }

    /// Adds atomically and returns the value before.
    @discardableResult
    public func fetchAdd(_ increment: UInt64) -> UInt64 { dt_fetch_add_u64(word, increment) }

    /// Returns once the value is at least `value`: looks `spins` times, then yields the core between looks.
    public func waitAtLeast(_ value: UInt64, spins: Int = 1_000) {
        dt_wait_at_least_u64(word, value, Int32(clamping: spins))
    }
}
