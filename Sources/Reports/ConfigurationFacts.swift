/// The sections of a resolved configuration as facts for a person: `config.yaml` has one fixed form.
struct ConfigurationFacts {
    /// What is shown, in order.
    private(set) var facts: [Section.Fact] = []

    /// The facts of a configuration.
    init(_ text: String) {
        let sections = Self.sections(text)
        for (name, title) in [
            ("data", "data"), ("model", "model"), ("loss", "loss"), ("optimizer", "optimizer"),
            ("schedule", "learning rate"), ("training", "training"),
        ] {
            guard let lines = sections.first(where: { $0.name == name })?.lines, !lines.isEmpty else {
                continue
            }
            // A list of layers reads downwards, settings read on.
            let shown = lines.filter { line in !Self.quiet.contains { line.hasPrefix("\($0):") } }.map(
                Self.plain)
            let separator = ["data", "model"].contains(name) ? "\n" : ", "
            facts.append(Section.Fact(name: title, value: shown.joined(separator: separator)))
        }
    }

    /// Keys that say how ranks work together, and nothing of what is trained.
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

    /// Without the signs that only a parser needs.
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
