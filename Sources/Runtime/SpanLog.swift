import Glibc

/// What one thread did when: spans of time, each with a description. One thread appends at a time.
package final class SpanLog: @unchecked Sendable {
    package struct Span: Sendable {
        package let description: StepDescription
        /// Start and end in nanoseconds of the system's monotonic clock.
        package let start: UInt64
        package let end: UInt64
    }

    /// The spans since the last `removeAll`, in the order in which they ended.
    package private(set) var spans: [Span] = []

    package init() { spans.reserveCapacity(4096) }

    /// Nanoseconds of the monotonic clock, which all processes of a machine share.
    package static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Appends a span that ends now.
    package func append(_ description: StepDescription, since start: UInt64) {
        spans.append(Span(description: description, start: start, end: Self.now()))
    }

    /// Forgets all spans, keeping the room they took.
    package func removeAll() { spans.removeAll(keepingCapacity: true) }
}
