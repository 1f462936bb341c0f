import CKernels
import Testing

@testable import Datasets

@Suite struct BatchMakerTests {
    static let rows: [Int32] = [4, 0, 4, 2]

    struct Batch: Equatable {
        var features: [Float]
        var classes: [Int32]
        var targets: [Float]
        var indices: [Int64]
    }

    static func make(_ set: Dataset, _ scaling: FeatureScaling, rows: [Int32] = rows) throws -> Batch {
        let kernels = try #require(dt_kernels_for(DT_ISA_BASELINE))
        let maker = BatchMaker(examples: set.examples, scaling: scaling, kernels: kernels)
        let labels = set.layout.labels
        var batch = Batch(
            features: Array(repeating: -1, count: rows.count * set.layout.width),
            classes: labels == .classes ? Array(repeating: -1, count: rows.count) : [],
            targets: labels == .targets(width: 2) ? Array(repeating: -1, count: 2 * rows.count) : [],
            indices: Array(repeating: -1, count: rows.count))
        batch.features.withUnsafeMutableBufferPointer { features in
            batch.classes.withUnsafeMutableBufferPointer { classes in
                batch.targets.withUnsafeMutableBufferPointer { targets in
                    batch.indices.withUnsafeMutableBufferPointer { indices in
                        guard let f = features.baseAddress, let i = indices.baseAddress else { return }
                        maker.make(
                            rows: rows[...], features: f,
                            classes: classes.isEmpty ? nil : classes.baseAddress,
                            targets: targets.isEmpty ? nil : targets.baseAddress, indices: i)
                    }
                }
            }
        }
        return batch
    }

    static func reference(_ values: [Double], _ layout: DatasetLayout, _ scaling: FeatureScaling) -> [Float] {
        rows.flatMap { row in
            (0..<layout.width).map { e in
                let c = e / layout.channelWidth
                return Float((values[Int(row) * layout.width + e] - scaling.center[c]) * scaling.factor[c])
            }
        }
    }

    static let normalizations: [Normalization] = [
        .none, .minMax(), .minMax(low: -1, high: 1), .standardize,
    ]

    @Test(arguments: normalizations, [[6], [2, 3, 1], [1, 2, 3], [2, 3]])
    func featuresAreNormalizedAndOrdered(normalization: Normalization, shape: [Int]) throws {
        let bytes = (0..<30).map { UInt8($0 * 37 % 256) }
        let floats = bytes.map { Float($0) * 0.1 - 3 }
        let doubles = bytes.map { Double($0) * 0.1 - 3 }
        let header = TestBytes.header("<f8", "(\(([5] + shape).map(String.init).joined(separator: ", ")))")
        let classes = Dataset.Labels.classes([3, 1, 4, 1, 5])
        let sets = [
            (
                try Dataset(name: "b", features: bytes, exampleShape: shape, labels: classes),
                bytes.map(Double.init)
            ),
            (
                try Dataset(name: "f", features: floats, exampleShape: shape, labels: classes),
                floats.map(Double.init)
            ),
            (
                try Dataset(TestBytes.source(.npy, TestBytes.npy(header, data: TestBytes.bytes(doubles)))),
                doubles
            ),
        ]
        for (set, values) in sets {
            let scaling = FeatureScaling(normalization, FeatureStatistics(set.examples))
            let batch = try Self.make(set, scaling)
            #expect(batch.features == Self.reference(values, set.layout, scaling))
            #expect(batch.indices == [4, 0, 4, 2])
            #expect(batch.classes == (set.name == "features" ? [] : [5, 3, 5, 4]))
        }
    }

    @Test func targetsFollowTheirRows() throws {
        let set = try Dataset(
            name: "t", features: [0, 1, 2, 3, 4] as [Float], exampleShape: [1],
            labels: .targets((0..<10).map(Float.init), width: 2))
        let batch = try Self.make(set, FeatureScaling(unchanged: 1))
        #expect(batch.targets == [8, 9, 0, 1, 8, 9, 4, 5])
        #expect(batch.features == [4, 0, 4, 2])
    }

    @Test func rawBytesStayAsTheyAre() throws {
        let set = try Dataset(
            name: "b", features: [0, 1, 128, 254, 255] as [UInt8], exampleShape: [1], labels: .none)
        #expect(try Self.make(set, FeatureScaling(unchanged: 1)).features == [255, 0, 255, 128])
        #expect(try Self.make(set, FeatureScaling(unchanged: 1), rows: []).features == [])
    }
}
