/// Finds which of several copies differ from most of them.
package struct Vote: Sendable, Equatable {
    /// The copies that differ from the most frequent one; every copy if none is more frequent than all others.
    package let odd: [Int]
    /// Whether one copy is more frequent than all others, so that a majority shows the odd ones to be wrong.
    package let isDecided: Bool

    /// Compares `copies`; no copy at all counts as unanimous.
    package init<T: Equatable>(_ copies: [T]) {
        let counts = copies.map { copy in copies.count { $0 == copy } }
        let most = counts.max() ?? 0
        guard let reference = counts.firstIndex(of: most) else {
            (odd, isDecided) = ([], true)
            return
        }
        // Only copies equal to the most frequent one have as many votes as it has, unless there is a tie.
        isDecided = counts.count { $0 == most } == most
        let isTied = !isDecided
        odd = copies.indices.filter { isTied || copies[$0] != copies[reference] }
    }

    /// Whether all copies are the same.
    package var isUnanimous: Bool { odd.isEmpty }
}
