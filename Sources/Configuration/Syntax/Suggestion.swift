import Messages

/// What to say about a word that is none of `names`: the name that was probably meant, else all names.
///
/// - Parameter elsewhere: Names of other places, which are suggested only if none of `names` is the word in another
///   spelling or under another program's name.
func suggestion(
    for word: String, among names: [String], noun: String, elsewhere: [String] = []
) -> String {
    if let name = sameName(as: word, among: names) { return "did you mean \"\(name)\"?" }
    // A slip of the pen is likelier than a key of another section.
    if let name = nearestName(to: word, among: names, slips: 1) { return "did you mean \"\(name)\"?" }
    if !elsewhere.isEmpty {
        return "did you mean \(elsewhere.map { "\"\($0)\"" }.joined(separator: " or "))?"
    }
    if let name = nearestName(to: word, among: names) { return "did you mean \"\(name)\"?" }
    if names.isEmpty { return "there are no \(noun) here" }
    return "the \(noun) here are \(names.joined(separator: ", "))"
}

/// The name that is the word but for case and separators, or that means the same as the word in another program.
func sameName(as word: String, among names: [String]) -> String? {
    let plain = plainName(word)
    return names.first { plainName($0) == plain } ?? ForeignNames.ours(for: word).first(where: names.contains)
}
