/// What is different between the configurations of two runs, for a message.
enum ConfigurationChange {
    /// Lines that make no other run of it.
    private static let harmless = [
        "output", "checkpoint", "logging", "stall_timeout", "workers", "transport", "check_replicas",
        "bucket_bytes", "instruction_set",
    ]

    /// The first lines that differ, such as `"batch: 64" there, "batch: 32" here`; nil where none does that matters.
    static func text(from old: String, to new: String) -> String? {
        let (old, new) = (lines(old), lines(new))
        let gone = old.first { !new.contains($0) }
        let added = new.first { !old.contains($0) }
        let parts = [gone.map { "\"\($0)\" there" }, added.map { "\"\($0)\" here" }].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            let words = line.drop { $0 == " " }
            guard !harmless.contains(where: { words.hasPrefix("\($0):") }) else { return nil }
            return words.count > longest ? "\(words.prefix(longest))..." : String(words)
        }
    }

    /// Characters of a line that are shown.
    private static let longest = 160
}
