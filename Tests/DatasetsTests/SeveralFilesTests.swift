import Testing

@testable import Datasets

@Suite struct SeveralFilesTests {
    static func source(
        _ format: DatasetSource.Format, _ features: [[UInt8]], _ labels: [[UInt8]], classCount: Int? = nil
    ) -> DatasetSource {
        func files(_ name: String, _ all: [[UInt8]]) -> [DataOrigin] {
            all.enumerated().map { .memory(name: "\(name)-\($0)", bytes: $1) }
        }
        return DatasetSource(
            format: format, features: files("x", features), labels: files("y", labels), classCount: classCount
        )
    }

    static func images(_ first: UInt8, _ count: UInt32) -> [UInt8] {
        TestBytes.idx(sizes: [count, 2, 2], data: (0..<UInt8(count) * 4).map { first + $0 })
    }

    @Test func arraysAreConcatenated() throws {
        let labels = [TestBytes.idx(sizes: [2], data: [0, 4]), TestBytes.idx(sizes: [3], data: [1, 2, 3])]
        let set = try Dataset(
            Self.source(.idx, [Self.images(0, 3), TestBytes.gzip(Self.images(12, 2))], labels))
        #expect(set.count == 5 && set.exampleShape == [1, 2, 2] && set.classCount == 5)
        #expect(TestBytes.features(set, as: UInt8.self) == Array(0..<20))
        #expect(TestBytes.classes(set) == [0, 4, 1, 2, 3])
        func npy(_ rows: [Float]) -> [UInt8] {
            TestBytes.npy(TestBytes.header("<f4", "(\(rows.count / 2), 2)"), data: TestBytes.bytes(rows))
        }
        let table = try Dataset(
            Self.source(.npy, [npy([1, 2]), npy([3, 4, 5, 6])], [npy([0, 1, 2, 3, 4, 5])]))
        #expect(TestBytes.features(table, as: Float.self) == [1, 2, 3, 4, 5, 6])
        #expect(TestBytes.targets(table) == [0, 1, 2, 3, 4, 5])
    }

    @Test func partsThatDoNotFitAreNamed() {
        let label = TestBytes.idx(sizes: [1], data: [1])
        let wide = TestBytes.idx(sizes: [1, 2, 3], data: Array(0..<6))
        let shape = TestBytes.error(loading: Self.source(.idx, [Self.images(0, 1), wide], [label, label]))
        #expect(
            shape?.kind == .mismatch && shape?.path == "x-1" && shape?.found.hasSuffix("(1, 2, 3)") == true)
        let floats = TestBytes.idx(
            type: 0x0d, sizes: [1, 2, 2], data: TestBytes.reversed([1, 2, 3, 4] as [Float]))
        let type = TestBytes.error(loading: Self.source(.idx, [Self.images(0, 1), floats], [label, label]))
        #expect(type?.path == "x-1" && type?.found.hasPrefix("float32") == true)
        let few = TestBytes.error(
            loading: Self.source(.idx, [Self.images(0, 1), Self.images(0, 1)], [label]))
        #expect(few?.kind == .mismatch && few?.expected.hasPrefix("2 labels") == true)
        let outside = TestBytes.error(
            loading: Self.source(.idx, [Self.images(0, 2)], [label, label], classCount: 1))
        #expect(outside?.path == "y-0")
        let scalar = TestBytes.npy(TestBytes.header("<f4", "()"), data: TestBytes.bytes([1] as [Float]))
        #expect(TestBytes.error(loading: Self.source(.npy, [scalar, scalar], []))?.path == "x-1")
    }

    /// Values are checked in the file they stand in.
    @Test func aBadValueNamesItsFile() {
        func npy(_ rows: [Float]) -> [UInt8] {
            TestBytes.npy(TestBytes.header("<f4", "(\(rows.count), 1)"), data: TestBytes.bytes(rows))
        }
        let error = TestBytes.error(loading: Self.source(.npy, [npy([1, 2, 3]), npy([4, .nan])], []))
        #expect(error?.path == "x-1")
        #expect(error?.description.contains("feature 0 of example 1 is nan") == true)
    }
}
