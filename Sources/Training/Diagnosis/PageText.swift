import Graph

/// The layout of text pages: names on the left, paragraphs beside them.
enum PageText {
    /// Lines of paragraphs beside their name.
    static func row(_ name: String, _ paragraphs: [String]) -> [String] {
        var lines: [String] = []
        for paragraph in paragraphs { lines += wrapped(paragraph) }
        return lines.enumerated().map { place, line in
            (place == 0 ? name : "").padding(12) + line
        }
    }

    /// A paragraph for each finding.
    static func findings(_ causes: FoundCauses) -> [String] {
        var lines = causes.findings.map { "\($0.name.rawValue): \($0.evidence). Change \($0.key)." }
        if lines.isEmpty { lines = ["none: no measurement shows a part that is to blame"] }
        if !causes.needRun.isEmpty {
            lines.append(
                "weights alone do not tell, the run's folder with its metrics does: \(causes.needRun.map(\.rawValue).joined(separator: ", "))"
            )
        }
        return lines
    }

    /// What is said of precision where a run computes in another one than what is on the page; nil where it does not.
    static func precision(ofRun precision: Precision) -> String? {
        guard precision != .float32 else { return nil }
        return "computed in float32, though training.precision is \(precision.rawValue)"
    }

    /// Two numbers with at least `digits` significant digits, and as many more as it takes to tell them apart.
    static func pair(_ first: Double, _ second: Double, digits: Int) -> (String, String) {
        func shown(_ digits: Int) -> (String, String) {
            (ProgressReporter.significant(first, digits), ProgressReporter.significant(second, digits))
        }
        let enough = (digits...17).first { shown($0).0 != shown($0).1 }
        return shown(first == second ? digits : enough ?? digits)
    }

    private static func wrapped(_ text: String) -> [String] {
        var lines = [""]
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            if lines[lines.count - 1].count + word.count > 96 { lines.append("") }
            lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
        }
        return lines
    }
}

extension String {
    /// The text with blanks behind it, up to `width` characters.
    func padding(_ width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
