import Testing

@testable import Datasets

@Suite struct ValidationSplitTests {
    @Test(arguments: [(10, 0.1, 1), (10, 0.25, 3), (1000, 0.1, 100), (3, 0.5, 2), (7, 0.9, 6)])
    func sizesAreRounded(count: Int, fraction: Double, held: Int) throws {
        let split = try ValidationSplit(count: count, fraction: fraction, seed: 1, name: "n")
        #expect(split.validation.count == held)
        #expect((split.validation + split.training).sorted() == Array(0..<Int32(count)))
        #expect(split.validation == split.validation.sorted() && split.training == split.training.sorted())
    }

    @Test func seedDecides() throws {
        func held(_ seed: UInt64) throws -> [Int32] {
            try ValidationSplit(count: 1000, fraction: 0.1, seed: seed, name: "n").validation
        }
        #expect(try held(1) == held(1))
        #expect(try held(1) != held(2))
        #expect(try held(1) != Array(0..<100))
    }

    @Test(arguments: [(1, 0.5), (3, 0.1), (3, 0.9)]) func anEmptySideIsAnError(count: Int, fraction: Double) {
        let error = #expect(throws: DataError.self) {
            try ValidationSplit(count: count, fraction: fraction, seed: 1, name: "set")
        }
        #expect(error?.kind == .empty && error?.path == "set")
    }
}
