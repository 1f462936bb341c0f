/// What became of one input.
package enum Verdict: Equatable {
    /// It was read, and what was read satisfies everything the format promises.
    case accepted
    /// It was refused with an error of one line that names the file; several where a file can be read in several ways.
    case refused([Refusal])
    /// The parser broke a promise, which the text tells.
    case wrong(String)

    /// An error that an input was refused with.
    package struct Refusal: Equatable {
        /// The sort of error.
        package let kind: String
        /// The line.
        package let message: String
    }

    /// The verdict of an input that was refused: wrong where the line is none, or does not name the file.
    static func refused(kind: String, _ message: String, naming name: String...) -> Verdict {
        if message.unicodeScalars.contains(where: {
            $0.value < 0x20 || $0.value == 0x2028 || $0.value == 0x7f
        }) {
            return .wrong("an error of more than one line: \(message.debugDescription)")
        }
        if !name.contains(where: { $0.isEmpty || message.contains($0) }) {
            return .wrong("an error that does not name \(name[0]): \(message)")
        }
        if message.utf8.count > 8192 { return .wrong("an error of \(message.utf8.count) bytes") }
        if kind == "memory" { return .wrong("an allocation of what the input claims: \(message)") }
        return .refused([Refusal(kind: kind, message: message)])
    }

    /// The verdict of an input that was read in several ways: wrong if one is, else accepted if one is.
    static func any(_ verdicts: [Verdict]) -> Verdict {
        var refusals: [Refusal] = []
        var isAccepted = false
        for verdict in verdicts {
            switch verdict {
            case .wrong: return verdict
            case .accepted: isAccepted = true
            case .refused(let more): refusals += more
            }
        }
        return isAccepted ? .accepted : .refused(refusals)
    }

    /// Accepted unless a promise is broken, which the text tells.
    static func accepted(unless broken: String?) -> Verdict { broken.map { .wrong($0) } ?? .accepted }

    /// "accepted", or the lines.
    package var text: String {
        switch self {
        case .accepted: "accepted"
        case .refused(let refusals): "refused: " + refusals.map(\.message).joined(separator: " | ")
        case .wrong(let why): "wrong: \(why)"
        }
    }
}
