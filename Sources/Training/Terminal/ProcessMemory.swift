import Foundation

/// The memory of this process.
package enum ProcessMemory {
    /// Resident bytes, shared ones included; nil if the system does not tell.
    static var resident: Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// The most bytes that were resident at a time so far, shared ones included; nil if the system does not tell.
    package static var peak: Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let words = line?.split(whereSeparator: \.isWhitespace) ?? []
        return words.count > 1 ? Int(words[1]).map { $0 * 1024 } : nil
    }

    /// Bytes as short text.
    static func text(_ bytes: Int) -> String {
        let mebibytes = Double(bytes) / 1_048_576
        return mebibytes < 1024
            ? "\(ProgressReporter.fixed(mebibytes, 0)) MiB"
            : "\(ProgressReporter.fixed(mebibytes / 1024, 1)) GiB"
    }
}
