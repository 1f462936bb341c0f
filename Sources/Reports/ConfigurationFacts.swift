/// A resolved configuration as facts for a person, taken from the one form in which `config.yaml` is written.
struct ConfigurationFacts {
    /// The facts, in the order of the configuration.
    private(set) var facts: [Section.Fact] = []

    init(_ text: String) {
        let sections = Self.sections(text)
        for (name, title) in [
            ("data", "data"), ("model", "model"), ("loss", "loss"), ("optimizer", "optimizer"),
            ("schedule", "learning rate"), ("training", "training"),
        ] {
            guard let lines = sections.first(where: { $0.name == name })?.lines, !lines.isEmpty else {
                continue
            }
            // Data and layers get a line each; other settings are joined by commas.
            let shown = lines.filter { line in !Self.quiet.contains { line.hasPrefix("\($0):") } }.map(
                Self.plain)
            let separator = ["data", "model"].contains(name) ? "\n" : ", "
            facts.append(Section.Fact(name: title, value: shown.joined(separator: separator)))
        }
    }

    /// Keys about how ranks work together, which say nothing about what is trained.
    private static let quiet = [
        "stall_timeout", "workers", "transport", "check_replicas", "bucket_bytes", "instruction_set",
    ]

    private static func sections(_ text: String) -> [(name: Substring, lines: [Substring])] {
        var found: [(name: Substring, lines: [Substring])] = []
        for line in text.split(separator: "\n") {
            if line.first != " " {
                let name = line.prefix { $0 != ":" }
                let value = line.dropFirst(name.count + 1).drop { $0 == " " }
                found.append((name, value.isEmpty ? [] : [value]))
            } else if !found.isEmpty {
                found[found.count - 1].lines.append(line.dropFirst(2))
            }
        }
        return found
    }

    /// The line without the characters that only a parser needs.
    private static func plain(_ line: Substring) -> String {
        // The layers of a list.
        var text = String(line.hasPrefix("- ") ? line.dropFirst(2) : line)
        if let brace = text.firstIndex(of: "{"), text.hasSuffix("}"),
            !text[text.index(after: brace)...].contains("{")
        {
            text.removeLast()
            text.remove(at: brace)
        }
        return text
    }
}
