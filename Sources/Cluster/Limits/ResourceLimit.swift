import Messages

/// Something that keeps a process from having more of a resource.
package struct ResourceLimit: Sendable, Equatable {
    /// How much more the process may have, in bytes or threads.
    package let left: Int
    /// What limits it to how much, such as "ulimit -v is 300 MiB".
    package let name: String
    /// What to do.
    package let cure: String
    /// Whether some of it must stay free for what libraries take.
    package var keepsReserve = false

    /// Bytes as a person reads them.
    static func amount(_ byteCount: Int) -> String {
        byteCount < 1 << 20 ? counted(byteCount, "byte") : "\((byteCount + (1 << 19)) >> 20) MiB"
    }
}
