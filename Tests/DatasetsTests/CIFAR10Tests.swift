import Testing

@testable import Datasets

@Suite struct CIFAR10Tests {
    /// Images whose bytes are their number and place.
    static func batch(_ classes: [UInt8], from first: Int = 0) -> [UInt8] {
        classes.enumerated().flatMap { i, label in
            [label] + (0..<3072).map { UInt8(truncatingIfNeeded: (first + i) * 31 + $0 / 12) }
        }
    }

    static func source(_ batches: [UInt8]...) -> DatasetSource {
        DatasetSource(
            format: .cifar10,
            features: batches.enumerated().map { .memory(name: "batch-\($0)", bytes: $1) }, labels: [])
    }

    @Test func batchesFollowEachOther() throws {
        // More images than are read at once.
        let first = (0..<70).map { UInt8($0 % 10) }
        let source = Self.source(Self.batch(first), TestBytes.gzip(Self.batch([9, 8], from: 70)))
        let set = try Dataset(source)
        #expect(set.exampleShape == [3, 32, 32] && set.count == 72 && set.classCount == 10)
        #expect(set.layout.elementType == .uint8 && set.layout.channels == 3)
        #expect(TestBytes.classes(set) == first.map(Int32.init) + [9, 8])
        let features = TestBytes.features(set, as: UInt8.self)
        #expect(
            features == (0..<72 * 3072).map { UInt8(truncatingIfNeeded: $0 / 3072 * 31 + $0 % 3072 / 12) })
        #expect(try Dataset(source.withoutLabels).layout.labels == .none)
    }

    @Test func otherFilesAreNamed() {
        let good = Self.batch([1])
        for (bytes, kind) in [
            (good + [0], DataError.Kind.size), (Array(good.dropLast()), .size), ([], .size),
            (Self.batch([10]), .label), (Array(TestBytes.gzip(good).dropLast(5)), .gzip),
        ] {
            let error = TestBytes.error(loading: Self.source(good, bytes))
            #expect(error?.kind == kind && error?.path == "batch-1", "\(error.debugDescription)")
        }
        let label = TestBytes.error(loading: Self.source(good, Self.batch([3, 255])))
        #expect(label?.description.contains("the label of example 1 is 255, expected 0 to 9") == true)
    }
}
