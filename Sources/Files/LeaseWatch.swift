/// Tells whether somebody renews a lease, from its content alone: the clocks of two hosts need not agree.
struct LeaseWatch: Sendable {
    enum Verdict: Sendable, Equatable {
        /// It has not changed yet, but not for long enough either.
        case undecided
        /// It has changed lately.
        case isAlive
        /// It has not changed for as long as a lease lives.
        case hasExpired
    }

    private var content: [UInt8]?
    private var age = 0.0
    private var hasChanged = false

    /// The verdict after another look.
    ///
    /// - Parameters:
    ///   - content: What the file holds now.
    ///   - elapsed: Seconds since the last look. At most one counts: if this process was stopped, or the machine slept,
    ///     the other process may have been stopped as well.
    ///   - expiry: Seconds for which a lease lives.
    mutating func look(_ content: [UInt8], elapsed: Double, expiry: Double) -> Verdict {
        guard content == self.content else {
            hasChanged = self.content != nil
            self.content = content
            age = 0
            return hasChanged ? .isAlive : .undecided
        }
        age += min(1, elapsed)
        if age >= expiry { return .hasExpired }
        return hasChanged && age < expiry / 2 ? .isAlive : .undecided
    }
}
