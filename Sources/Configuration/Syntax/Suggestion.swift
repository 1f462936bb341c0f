import Datasets

/// What to say about a word that is none of `names`: the one that was probably meant, else all of them.
func suggestion(for word: String, among names: [String], noun: String) -> String {
    if let name = nearestName(to: word, among: names) { return "did you mean \"\(name)\"?" }
    if names.isEmpty { return "there are no \(noun) here" }
    return "the \(noun) here are \(names.joined(separator: ", "))"
}
