import Testing

@testable import Training

/// Numbers for a person.
@Suite struct NumberTextTests {
    @Test func aNaNHasNoSign() {
        for value in [Double.nan, -Double.nan] {
            #expect(
                ProgressReporter.fixed(value, 4) == "nan" && ProgressReporter.significant(value, 3) == "nan")
        }
        #expect(
            ProgressReporter.fixed(.infinity, 4) == "inf" && ProgressReporter.fixed(-.infinity, 4) == "-inf")
        #expect(
            ProgressReporter.fixed(-1.25, 1) == "-1.2" && ProgressReporter.significant(12345, 3) == "1.23e+04"
        )
    }
}
