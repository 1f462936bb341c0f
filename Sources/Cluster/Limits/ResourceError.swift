import Glibc
import Messages

/// Memory or threads that the system does not grant this process.
public struct ResourceError: Error, Sendable, CustomStringConvertible {
    /// What was not granted, by which limit, and what to do.
    public let description: String

    package init(_ description: String) { self.description = description }

    /// The error for memory that is not granted.
    ///
    /// - Parameters:
    ///   - byteCount: The bytes that were asked for.
    ///   - use: What they are for.
    ///   - limit: The limit that was found; nil to look for it.
    ///   - reserve: Bytes of address space that had to stay free for libraries.
    static func memory(
        _ byteCount: Int, for use: ResourceUse, limit known: ResourceLimit? = nil,
        reserve: Int = ProcessLimits.reserve
    ) -> ResourceError {
        let problem = "\(ResourceLimit.amount(byteCount)) of memory for \(use.name) cannot be had"
        guard
            let limit = known
                ?? ProcessLimits.memory().first(where: {
                    $0.left < byteCount + ($0.keepsReserve ? reserve : 0)
                })
        else { return ResourceError("\(problem): \(use.advice("use a machine with more"))") }
        var left = "\(ResourceLimit.amount(max(0, limit.left))) of it are left"
        if known == nil, limit.keepsReserve {
            left +=
                limit.left > reserve
                ? ", of which \(ResourceLimit.amount(reserve)) are kept for libraries"
                : ", which are kept for libraries"
        }
        return ResourceError("\(problem): \(limit.name), \(left): \(use.advice(limit.cure))")
    }

    /// The error for threads that are not granted.
    ///
    /// - Parameters:
    ///   - count: The threads that were asked for.
    ///   - use: What they are for.
    ///   - code: The system's error number.
    static func threads(_ count: Int, for use: ResourceUse, code: Int32) -> ResourceError {
        let text = strerror(code).flatMap { String(validatingCString: $0) } ?? "error \(code)"
        let wanted = count == 1 ? "a thread" : counted(count, "thread")
        // Each thread also takes address space, for its stack.
        let limits =
            ProcessLimits.threads().filter { $0.left < count }
            + ProcessLimits.addressSpace().filter { $0.left < PosixThread.stackBytes + ProcessLimits.reserve }
        guard let limit = limits.min(by: { $0.left < $1.left }) else {
            return ResourceError(
                "\(wanted) for \(use.name) cannot be had (\(text)): \(use.advice("ask for more (ulimit -u, pids.max)"))"
            )
        }
        return ResourceError(
            "\(wanted) for \(use.name) cannot be had (\(text)): \(limit.name): \(use.advice(limit.cure))"
        )
    }
}
