import Messages

/// A limit of a resource.
package struct ResourceLimit: Sendable, Equatable {
    /// How much more the process may have, in bytes or threads; may be negative.
    package let left: Int
    /// The limit in words, such as "the address space is limited to 300 MiB (ulimit -v)".
    package let name: String
    /// What to do about the limit.
    package let cure: String
    /// Whether a reserve must stay free for libraries.
    package var keepsReserve = false

    /// A number of bytes in words for a person.
    static func amount(_ byteCount: Int) -> String {
        byteCount < 1 << 20 ? counted(byteCount, "byte") : "\((byteCount + (1 << 19)) >> 20) MiB"
    }
}
