import Randomness
import Testing

@testable import Datasets

@Suite struct DecimalNumberTests {
    private static func float(_ text: String) throws -> Float {
        try Array(text.utf8).withUnsafeBytes { try DecimalNumber.float($0) }
    }

    /// Every number is the nearest Float32, as the standard library finds it.
    @Test func randomNumbersAreRoundedOnce() throws {
        var wrong = 0
        for round in 0..<UInt64(20_000) {
            let random = CounterRandom(seed: 5, purpose: .test, stream: round)
            func digits(_ from: UInt64, _ most: UInt64) -> String {
                (0..<random.below(most + 1, at: from)).map { "\(random.below(10, at: from + 1 + $0))" }
                    .joined()
            }
            var text = random.below(3, at: 0) == 0 ? "-" : ""
            text += "\(random.below(10, at: 1))" + digits(100, 12)
            if random.below(4, at: 2) > 0 { text += "." + digits(200, 14) }
            if random.below(3, at: 3) == 0 { text += "e\(Int(random.below(80, at: 4)) - 48)" }
            let expected = try #require(Float(text))
            if expected.isFinite {
                if try Self.float(text) != expected { wrong += 1 }
            } else {
                #expect(throws: DecimalNumber.Failure.tooLarge) { try Self.float(text) }
            }
        }
        #expect(wrong == 0)
    }

    /// The middle between two neighbours, and just beside it, where rounding twice would go wrong.
    @Test(arguments: [
        "16777217", "16777219", "1.00000005960464477539062500000", "1.00000005960464477539062500001",
        "1.00000005960464477539062499999", "1.17549429e-38", "1e-45", "7.006492e-46", "7.0064924e-46",
        "0e99999",
        "3.4028235e38", "340282356779733661637539395458142568447",
        "0.000000000000000000000000000000000001e36",
        "1e-999999999999999999999", "00000000000000000000000000000000012.5", "1.", ".5", "+3", "-0",
    ])
    func hardOnes(text: String) throws {
        let expected = try #require(
            Float(text.hasSuffix(".") ? text + "0" : text.hasPrefix(".") ? "0" + text : text))
        #expect(try Self.float(text).bitPattern == expected.bitPattern)
    }

    @Test(arguments: [
        "", "-", ".", "e5", "1e", "1e+", "1,5", "0x1p3", "1 2", "--1", "1-", "١", "1d5", "true", "\0",
    ])
    func noNumbers(text: String) {
        #expect(throws: DecimalNumber.Failure.text) { try Self.float(text) }
    }

    @Test(arguments: ["nan", "NaN", "-inf", "Infinity"]) func words(text: String) {
        #expect(throws: DecimalNumber.Failure.notFinite) { try Self.float(text) }
    }

    @Test func wholeNumbers() {
        func whole(_ text: String) -> Int? { Array(text.utf8).withUnsafeBytes(DecimalNumber.whole) }
        #expect(whole("0012") == 12 && whole("-3") == -3 && whole("+4") == 4)
        #expect(whole("9223372036854775807") == .max && whole("9223372036854775808") == nil)
        #expect(whole("") == nil && whole("-") == nil && whole("1.0") == nil && whole(" 1") == nil)
    }
}
