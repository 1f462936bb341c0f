/// Memory does not hold what a check found in it, though nothing has written there since.
package struct MemoryChangeError: Error, CustomStringConvertible {
    /// What the memory holds, such as "weights".
    package let what: String
    /// The variable whose elements changed.
    package let variable: String
    /// The rank that updates these elements.
    package let rank: Int
    /// The rank's host.
    package let host: String
    /// The step after which memory was still right.
    package let step: Int
    /// What to do about it, in a sentence.
    package let advice: String

    package var description: String {
        "\(what) of \(variable), which rank \(rank) (host \(host)) updates, changed in memory after step \(step) though nothing wrote them: \(advice)"
    }
}
