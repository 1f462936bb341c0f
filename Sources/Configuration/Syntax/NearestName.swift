/// The name that a misspelled one was probably meant to be; nil when none is near.
///
/// Near means at most two slips (a character added, left out, replaced, or two neighbours swapped), and no more
/// than half of the name. Of equally near names the first is taken.
package func nearestName(to word: String, among names: [String]) -> String? {
    let letters = Array(word.lowercased().unicodeScalars.prefix(64))
    var best: (name: String, slips: Int)?
    for name in names {
        let slips = slips(from: letters, to: Array(name.unicodeScalars))
        if slips <= 2, slips * 2 <= name.unicodeScalars.count, slips < best?.slips ?? 3 {
            best = (name, slips)
        }
    }
    return best?.name
}

/// What to say about a word that is none of `names`: the one that was probably meant, else all of them.
func suggestion(for word: String, among names: [String], noun: String) -> String {
    if let name = nearestName(to: word, among: names) { return "did you mean \"\(name)\"?" }
    if names.isEmpty { return "there are no \(noun) here" }
    return "the \(noun) here are \(names.joined(separator: ", "))"
}

/// The optimal-string-alignment distance, in O(|a| · |b|).
private func slips(from a: [Unicode.Scalar], to b: [Unicode.Scalar]) -> Int {
    // Three rows of the table suffice: a swap looks back two rows.
    var older: [Int] = []
    var previous = Array(0...b.count)
    for i in a.indices {
        var row = [i + 1]
        for j in b.indices {
            var cost = min(previous[j + 1] + 1, row[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, older[j - 1] + 1) }
            row.append(cost)
        }
        older = previous
        previous = row
    }
    return previous[b.count]
}
