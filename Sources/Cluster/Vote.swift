/// Which of several copies of the same thing are not like most of them.
package struct Vote: Sendable, Equatable {
    /// The copies that differ from the most frequent one; where no one is more frequent than all others, every copy.
    package let odd: [Int]
    /// Whether one is more frequent than all others, so that the odd ones are wrong by majority.
    package let isDecided: Bool

    /// Compares `copies`, of which there is at least one.
    package init<T: Equatable>(_ copies: [T]) {
        let counts = copies.map { copy in copies.count { $0 == copy } }
        let most = counts.max() ?? 0
        guard let reference = counts.firstIndex(of: most) else {
            (odd, isDecided) = ([], true)
            return
        }
        // Copies like the reference have as many votes as it has; another one with as many stands against it.
        isDecided = counts.count { $0 == most } == most
        let isTied = !isDecided
        odd = copies.indices.filter { isTied || copies[$0] != copies[reference] }
    }

    /// Whether all copies are the same.
    package var isUnanimous: Bool { odd.isEmpty }
}
