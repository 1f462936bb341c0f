import Testing

@testable import Messages

/// Numbers with what they count.
@Suite struct CountedNounTests {
    @Test(arguments: [
        (1, "rank", "1 rank"), (2, "rank", "2 ranks"), (0, "class", "0 classes"), (1, "class", "1 class"),
        (-1, "byte", "-1 bytes"), (3, "batch", "3 batches"), (2, "epoch", "2 epochs"),
        (3, "entry", "3 entries"), (3, "day", "3 days"),
        (2, "more byte", "2 more bytes"), (5, "y", "5 ys"),
    ])
    func plurals(count: Int, noun: String, text: String) { #expect(counted(count, noun) == text) }

    @Test func numbersThatAreText() {
        #expect(counted("1", "epoch") == "1 epoch" && counted("0.5", "epoch") == "0.5 epochs")
    }
}
