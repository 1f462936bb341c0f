import Messages

/// What to say about a word that is none of `names`: the name that was probably meant, what to do where there is no such
/// thing, else all names.
///
/// - Parameters:
///   - section: The path of the section whose keys `names` are; "" for the top, and for names that are no keys.
///   - elsewhere: Names of other places, which are suggested only if none of `names` is the word in another spelling or
///     under another program's name.
///   - hint: What else may have been meant, if there is no other place.
///   - overview: Where more names stand than a message lists; nil for the table of methods.
func suggestion(
    for word: String, among names: [String], noun: String, in section: String = "",
    elsewhere: [String] = [], hint: String? = nil, overview: String? = nil
) -> String {
    let call = word.contains("(") ? "with its options behind a colon" : nil
    if let name = ownName(for: word, among: names) { return didYouMean([name], call) }
    let rows = ForeignNames.rows(for: word)
    for row in rows {
        guard let name = row.name(among: names, in: section) else { continue }
        return didYouMean([name], row.note ?? call)
    }
    let isKnown = !elsewhere.isEmpty || hint != nil
    if !isKnown, let instead = ForeignNames.instead(of: word) { return instead }
    // A slip of the pen is likelier than a key of another section.
    if let name = nearestName(to: word, among: names, slips: 1) { return didYouMean([name]) }
    if !elsewhere.isEmpty {
        let row = rows.first { row in
            row.names.contains { name in elsewhere.contains { $0 == name || $0.hasSuffix(".\(name)") } }
        }
        return didYouMean(elsewhere, elsewhere.count == 1 ? row?.note : nil)
    }
    if let hint { return hint }
    if let name = nearestName(to: word, among: names) { return didYouMean([name]) }
    if names.isEmpty { return "there are no \(noun) here" }
    guard names.count <= mostNames else {
        return overview ?? "dtrain methods lists the \(noun) with what they belong to"
    }
    return "the \(noun) here are \(names.joined(separator: ", "))"
}

/// The most names that a message lists, more than any section has keys.
private let mostNames = 28

private func didYouMean(_ names: [String], _ note: String? = nil) -> String {
    "did you mean \(names.map { "\"\($0)\"" }.joined(separator: " or "))\(note.map { ", \($0)" } ?? "")?"
}

/// The name that is the word but for case, separators, a module in front and arguments behind.
private func ownName(for word: String, among names: [String]) -> String? {
    names.first { isSpelling($0, of: word) }
}

/// Whether a name is the word but for case, separators, a module in front and arguments behind.
func isSpelling(_ name: String, of word: String) -> Bool {
    let plain = plainName(name)
    return plain == plainName(word) || plain == plainName(ForeignNames.bare(word))
}

/// The name that is the word but for its spelling, or that means the same as the word in another program.
func sameName(as word: String, among names: [String], in section: String = "") -> String? {
    ownName(for: word, among: names)
        ?? ForeignNames.rows(for: word).lazy.compactMap { $0.name(among: names, in: section) }.first
}
