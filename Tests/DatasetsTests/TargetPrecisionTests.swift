import Testing

@testable import Datasets

/// Targets in files of their own that Float32 is too coarse for.
@Suite struct TargetPrecisionTests {
    private static func source<Value: BitwiseCopyable>(
        _ type: String, _ values: [Value], width: Int = 1
    ) -> DatasetSource {
        let count = values.count / width
        let features = TestBytes.npy(
            TestBytes.header("|u1", "(\(count), 1)"), data: Array(repeating: 1, count: count))
        let labels = TestBytes.npy(
            TestBytes.header(type, "(\(count), \(width))"), data: TestBytes.bytes(values))
        return TestBytes.source(.npy, features, labels).taking(.regression)
    }

    private static func lost(_ source: DatasetSource) throws -> [String]? {
        try Dataset(source).layout.lostNumbers?.map(\.description)
    }

    @Test func distinctNumbersThatBecomeOneAreNamed() throws {
        #expect(
            try Self.lost(Self.source("<f8", [1e8, 1e8 + 1, 5, 6])) == ["target 0 (100000000 and 100000001)"])
        #expect(
            try Self.lost(Self.source("<f8", [1.0, 1.7e9, 2.0, 1.7e9 + 1], width: 2))
                == ["target 1 (1700000000 and 1700000001)"])
        #expect(
            try Self.lost(Self.source("<i8", [1 << 40, 1 << 40 + 1, 1 << 50] as [Int64])) != nil)
        #expect(
            try Self.lost(Self.source("<i4", [16_777_216, 16_777_217, 3] as [Int32]))
                == ["target 0 (16777216 and 16777217)"])
    }

    @Test func whatFloat32TellsApartIsNot() throws {
        #expect(try Self.lost(Self.source("<f8", (0..<200).map { Double($0) / 7 })) == nil)
        #expect(try Self.lost(Self.source("<f4", [1e8, 1e8 + 8, 5, 6] as [Float])) == nil)
        #expect(try Self.lost(Self.source("<i8", (0..<200).map { Int64($0 * 1000) })) == nil)
    }

    @Test func whatIsInfiniteInFloat32IsAnErrorWithTheFilesNumber() {
        let error = TestBytes.error(loading: Self.source("<f8", [1, 2, 3, 1e300], width: 2))
        #expect(error?.kind == .notFinite)
        #expect(error?.description.hasPrefix("target 1 of example 1 is 1e+300, expected a finite") == true)
    }
}
