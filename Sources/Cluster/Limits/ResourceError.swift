import Glibc

/// Memory or threads that the system does not let this process have.
public struct ResourceError: Error, Sendable, CustomStringConvertible {
    /// What could not be had, which limit stands in the way, and what to do.
    public let description: String

    package init(_ description: String) { self.description = description }

    /// Memory that is not to be had.
    ///
    /// - Parameters:
    ///   - byteCount: How much was asked for.
    ///   - use: What for, such as "the weights".
    ///   - limit: What stands in the way; nil to look for it.
    static func memory(_ byteCount: Int, for use: String, limit: ResourceLimit? = nil) -> ResourceError {
        let amount = ResourceLimit.amount(byteCount)
        guard
            let limit = limit
                ?? ProcessLimits.memory().first(where: { $0.left < byteCount + ProcessLimits.reserve })
        else {
            return ResourceError(
                "\(amount) of memory for \(use) cannot be had: use a machine with more, a smaller training.batch, or more nodes"
            )
        }
        return ResourceError(
            "\(amount) of memory for \(use) cannot be had: \(limit.name), \(ResourceLimit.amount(max(0, limit.left))) of it are left: \(limit.cure)"
        )
    }

    /// Threads that are not to be had.
    ///
    /// - Parameters:
    ///   - count: How many were asked for.
    ///   - use: What for, such as "training.workers".
    ///   - code: What the system said.
    static func threads(_ count: Int, for use: String, code: Int32) -> ResourceError {
        let text = strerror(code).flatMap { String(validatingCString: $0) } ?? "error \(code)"
        let wanted = count == 1 ? "a thread" : "\(count) threads"
        // Each takes its stack's address space beside its number.
        let limits =
            ProcessLimits.threads().filter { $0.left < count }
            + ProcessLimits.addressSpace().filter { $0.left < PosixThread.stackBytes + ProcessLimits.reserve }
        guard let limit = limits.min(by: { $0.left < $1.left }) else {
            return ResourceError(
                "\(wanted) for \(use) cannot be had (\(text)): lower training.workers or start fewer ranks on a node"
            )
        }
        return ResourceError(
            "\(wanted) for \(use) cannot be had (\(text)): \(limit.name): \(limit.cure), or lower training.workers"
        )
    }
}
