import Testing

@testable import Datasets

@Suite struct DatasetTests {
    @Test func inMemoryDataIsCheckedLikeFiles() throws {
        let xor = try Dataset(
            name: "xor", features: [0, 0, 0, 1, 1, 0, 1, 1] as [Float], exampleShape: [2],
            labels: .classes([0, 1, 1, 0]))
        #expect(xor.count == 4 && xor.classCount == 2)
        #expect(xor.examples.classes.map(Array.init) == [0, 1, 1, 0])
        let error = #expect(throws: DataError.self) {
            try Dataset(
                name: "bad", features: [0, .nan] as [Float], exampleShape: [1], labels: .none)
        }
        #expect(error?.description.contains("feature 0 of example 1 is nan") == true)
        #expect(error?.path == "bad")
        #expect(throws: DataError.self) {
            try Dataset(
                name: "bad", features: [0] as [UInt8], exampleShape: [1], labels: .classes([3], count: 3))
        }
        #expect(throws: DataError.self) {
            try Dataset(
                name: "bad", features: [0] as [UInt8], exampleShape: [1],
                labels: .targets([.infinity], width: 1))
        }
        #expect(throws: DataError.self) {
            try Dataset(name: "bad", features: [] as [UInt8], exampleShape: [1], labels: .none)
        }
    }

    /// Everything fed for hashing, as one array.
    static func content(_ set: Dataset) -> [UInt8] {
        var all: [UInt8] = []
        set.examples.feedContent { all += Array($0) }
        return all
    }

    @Test func contentHoldsFeaturesLabelsAndShape() throws {
        func make(_ features: [UInt8], _ shape: [Int], _ labels: Dataset.Labels) throws -> [UInt8] {
            Self.content(try Dataset(name: "n", features: features, exampleShape: shape, labels: labels))
        }
        let base = try make([1, 2, 3, 4], [2], .classes([0, 1]))
        #expect(base.suffix(12) == [1, 2, 3, 4, 0, 0, 0, 0, 1, 0, 0, 0])
        #expect(try make([1, 2, 3, 4], [2], .classes([0, 1])) == base)
        #expect(try make([1, 2, 3, 5], [2], .classes([0, 1])) != base)
        #expect(try make([1, 2, 3, 4], [2], .classes([1, 0])) != base)
        #expect(try make([1, 2, 3, 4], [2, 1], .classes([0, 1])) != base)
        #expect(try make([1, 2, 3, 4], [2], .classes([0, 1], count: 3)) != base)
        #expect(try make([1, 2, 3, 4], [2], .none) != base)
    }
}
