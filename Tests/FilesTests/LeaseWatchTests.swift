import Testing

@testable import Files

@Suite struct LeaseWatchTests {
    private let old: [UInt8] = [1]
    private let new: [UInt8] = [2]

    @Test func expiresWhereItDoesNotChange() {
        var watch = LeaseWatch()
        #expect(watch.look(old, elapsed: 0, expiry: 30) == .undecided)
        for _ in 0..<29 { #expect(watch.look(old, elapsed: 1, expiry: 30) == .undecided) }
        #expect(watch.look(old, elapsed: 1, expiry: 30) == .hasExpired)
    }

    @Test func livesWhereItChanges() {
        var watch = LeaseWatch()
        _ = watch.look(old, elapsed: 0, expiry: 30)
        for _ in 0..<20 { _ = watch.look(old, elapsed: 1, expiry: 30) }
        #expect(watch.look(new, elapsed: 1, expiry: 30) == .isAlive)
        for _ in 0..<14 { #expect(watch.look(new, elapsed: 1, expiry: 30) == .isAlive) }
        // Then its owner has ended, or will renew it.
        for _ in 0..<15 { #expect(watch.look(new, elapsed: 1, expiry: 30) == .undecided) }
        #expect(watch.look(new, elapsed: 1, expiry: 30) == .hasExpired)
    }

    /// Who was stopped has not watched: the owner may have been stopped with it.
    @Test func longPausesDoNotCount() {
        var watch = LeaseWatch()
        _ = watch.look(old, elapsed: 0, expiry: 30)
        #expect(watch.look(old, elapsed: 4_000, expiry: 30) == .undecided)
        #expect(watch.look(old, elapsed: 20, expiry: 30) == .undecided)
    }
}
