/// A number with what it counts, as in "1 rank", "4 ranks", "1 class", "0 classes" and "2 batches".
///
/// - Parameter noun: What is counted, in the singular; of several words the last one gets the plural.
package func counted(_ count: Int, _ noun: String) -> String { counted("\(count)", noun) }

/// A number that is text already, which may have a fraction, with what it counts.
package func counted(_ number: String, _ noun: String) -> String {
    "\(number) \(number == "1" ? noun : plural(of: noun))"
}

/// The plural of a regular English noun.
package func plural(of noun: String) -> String {
    // Batches and branches, but epochs.
    if ["s", "x", "sh", "tch", "nch", "rch"].contains(where: noun.hasSuffix) { return "\(noun)es" }
    let ending = noun.suffix(2)
    guard ending.count == 2, ending.last == "y", ending.first.map({ !"aeiou".contains($0) }) == true else {
        return "\(noun)s"
    }
    return "\(noun.dropLast())ies"
}
