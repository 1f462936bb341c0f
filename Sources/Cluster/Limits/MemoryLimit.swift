/// The memory of a node that a run may plan with. Unlike what is free it is the same at any time, and unlike a limit of a
/// process it does not depend on how many there are.
package struct MemoryLimit: Codable, Sendable, Equatable {
    /// Where the limit is from.
    package enum Source: String, Codable, Sendable {
        /// It was given.
        case setting
        /// The control group that the process is in, or one above it.
        case controlGroup = "control_group"
        /// The machine has no more.
        case machine
    }

    /// The limit in bytes.
    package let byteCount: Int
    package let source: Source

    /// The limit that was given, or else the least of the control groups' and the machine's.
    ///
    /// - Parameters:
    ///   - given: The limit in bytes; nil to look for it.
    ///   - root: A prefix of all paths, so that tests can write files of their own.
    package init(given: Int?, root: String = "") {
        if let given {
            (byteCount, source) = (given, .setting)
            return
        }
        let line = ProcessFiles.lines(of: root + "/proc/meminfo").first { $0.hasPrefix("MemTotal:") }
        let words = line?.split(whereSeparator: \.isWhitespace) ?? []
        let machine = (words.count > 1 ? Int(words[1]) : nil).map { $0 * 1024 } ?? .max
        let group = ControlGroups(root: root).memoryLimit ?? .max
        (byteCount, source) = group < machine ? (group, .controlGroup) : (machine, .machine)
    }
}
