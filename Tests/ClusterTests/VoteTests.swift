import Testing

@testable import Cluster

/// Who is odd among copies, and what is said about it.
@Suite struct VoteTests {
    struct Case: Sendable {
        let copies: String
        let odd: [Int]
        var isDecided = true
    }

    @Test(arguments: [
        Case(copies: "a", odd: []), Case(copies: "aa", odd: []), Case(copies: "aaaa", odd: []),
        Case(copies: "aba", odd: [1]), Case(copies: "baa", odd: [0]), Case(copies: "abbcb", odd: [0, 3]),
        Case(copies: "abac", odd: [1, 3]), Case(copies: "ab", odd: [0, 1], isDecided: false),
        Case(copies: "aabb", odd: [0, 1, 2, 3], isDecided: false),
        Case(copies: "abc", odd: [0, 1, 2], isDecided: false),
        Case(copies: "aabbc", odd: [0, 1, 2, 3, 4], isDecided: false),
    ])
    func oddCopies(_ example: Case) {
        let vote = Vote(Array(example.copies))
        #expect(vote.odd == example.odd && vote.isDecided == example.isDecided)
        #expect(vote.isUnanimous == example.odd.isEmpty)
    }

    @Test func messages() {
        #expect(
            "\(DisagreementError(what: "the data", ranks: [2], advice: "copy it"))"
                == "the data on rank 2 differs from the other ranks': copy it")
        #expect(
            "\(DisagreementError(what: "weights", isPlural: true, ranks: [1, 3], hosts: ["a", "b"], place: "at step 5, first in 3.weight", advice: "test it"))"
                == "weights on ranks 1 (host a), 3 (host b) differ from the other ranks' at step 5, first in 3.weight: test it"
        )
        #expect(
            "\(DisagreementError(what: "weights", isPlural: true, ranks: [0, 1], hosts: ["a", "b"], isDecided: false, place: "at step 5", advice: "test both"))"
                == "weights differ between ranks 0 (host a), 1 (host b) at step 5, and no majority says whose is right: test both"
        )
    }
}
