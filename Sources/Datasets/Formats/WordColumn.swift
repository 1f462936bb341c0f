/// A column of words in a table. Each word is a feature of its own, 1 where the field is that word and 0 elsewhere, so a
/// field that is empty or holds another word is 0 in all of them.
package struct WordColumn: Sendable, Hashable, Codable {
    /// The column's number among the columns of features.
    package let column: Int
    /// The words, sorted by their bytes; at least one and at most `most`.
    package let words: [String]

    /// The most words of a column.
    package static let most = 1000
    /// The most bytes of a word.
    package static let mostBytes = 1024
}
