/// The name that a misspelled one was probably meant to be; nil when none is near.
///
/// A name is near if it differs only in case, spaces, underscores and hyphens, or by at most `most` slips that change
/// no more than half of it. A slip is a character added, left out or replaced, or two neighbours swapped; case does not
/// count. Of equally near names the first is taken.
///
/// - Parameter most: The slips that are allowed.
package func nearestName(to word: String, among names: [String], slips most: Int = 2) -> String? {
    let plain = plainName(word)
    if !plain.isEmpty, let same = names.first(where: { plainName($0) == plain }) { return same }
    let letters = Array(word.lowercased().unicodeScalars.prefix(64))
    var best: (name: String, slips: Int)?
    for name in names {
        let other = Array(name.lowercased().unicodeScalars.prefix(letters.count + 3))
        // Each slip changes the length by one at most.
        guard abs(other.count - letters.count) <= most else { continue }
        let slips = slips(from: letters, to: other)
        if slips <= most, slips * 2 <= other.count, slips < best?.slips ?? .max { best = (name, slips) }
    }
    return best?.name
}

/// A name without case, spaces, underscores and hyphens.
package func plainName(_ name: String) -> String {
    String(name.lowercased().filter { !$0.isWhitespace && $0 != "_" && $0 != "-" })
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
