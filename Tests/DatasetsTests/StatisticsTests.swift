import FixedTree
import Foundation
import Randomness
import Testing

@testable import Datasets

@Suite struct StatisticsTests {
    /// Mean and population deviation of each channel, the plain way.
    static func reference(_ values: [Double], channels: Int, channelWidth: Int) -> [(
        mean: Double, std: Double
    )] {
        (0..<channels).map { channel in
            let mine = values.indices.filter { $0 / channelWidth % channels == channel }.map { values[$0] }
            let mean = mine.reduce(0, +) / Double(mine.count)
            let squares = mine.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return (mean, (squares / Double(mine.count)).squareRoot())
        }
    }

    static func random(_ n: Int) -> [Double] {
        let random = CounterRandom(seed: 4, purpose: .test)
        return (0..<UInt64(n)).map { random.normal(at: $0) * 3 + 10 }
    }

    static let shapes: [[Int]] = [[5], [1, 3, 4], [3, 5, 3], [2, 7], [1]]

    @Test(arguments: shapes) func agreeWithThePlainWay(shape: [Int]) throws {
        let n = 200
        let width = shape.reduce(1, *)
        let real = Self.random(n * width)
        let floats = real.map(Float.init)
        let bytes = real.map { UInt8(max(0, min(255, $0 * 10))) }
        let sets = [
            (
                try Dataset(name: "f", features: floats, exampleShape: shape, labels: .none),
                floats.map(Double.init)
            ),
            (
                try Dataset(name: "b", features: bytes, exampleShape: shape, labels: .none),
                bytes.map(Double.init)
            ),
            (
                try Dataset(
                    TestBytes.source(
                        .npy,
                        TestBytes.npy(
                            TestBytes.header(
                                "<f8", "(\(([n] + shape).map(String.init).joined(separator: ", ")))"),
                            data: TestBytes.bytes(real)))), real
            ),
        ]
        for (set, values) in sets {
            let statistics = FeatureStatistics(set.examples)
            let layout = set.layout
            let expected = Self.reference(
                values, channels: layout.channels, channelWidth: layout.channelWidth)
            #expect(statistics.count == n * layout.channelWidth)
            for (c, (mean, std)) in expected.enumerated() {
                let mine = values.indices.filter { $0 / layout.channelWidth % layout.channels == c }.map {
                    values[$0]
                }
                #expect(abs(statistics.mean[c] - mean) <= 1e-13 * abs(mean))
                #expect(abs(statistics.deviation[c] - std) <= 1e-12 * std)
                #expect(statistics.minimum[c] == mine.min() && statistics.maximum[c] == mine.max())
            }
        }
    }

    @Test func aLargeMeanDoesNotDrownASmallDeviation() throws {
        let values = (0..<6400).map { 1e6 + ($0 % 2 == 0 ? 0.5 : -0.5) as Float }
        let set = try Dataset(name: "n", features: values, exampleShape: [1, 8, 8], labels: .none)
        let statistics = FeatureStatistics(set.examples)
        #expect(statistics.mean == [1e6])
        #expect(statistics.deviation == [0.5])
    }

    @Test(arguments: 1...9) func anyNumberOfRanksGivesTheSameBits(ranks: Int) throws {
        let n = 64 * 13 + 5
        for shape in [[7], [7, 3, 3]] {
            let floats = Self.random(n * shape.reduce(1, *)).map(Float.init)
            let set = try Dataset(name: "n", features: floats, exampleShape: shape, labels: .none)
            let blocks = FeatureStatistics.blockCount(examples: n)
            #expect(blocks == 14)
            let alone = FeatureStatistics(set.examples)
            var partials: [FeaturePartial] = []
            for rank in (0..<ranks).reversed() {
                let mine = ShardBounds.owned(byRank: rank, ranks: ranks, shards: blocks)
                for partial in FeatureStatistics.compute(set.examples, blocks: mine) {
                    #expect(
                        partial.encoded.count == FeaturePartial.encodedCount(channels: set.layout.channels))
                    partials.append(FeaturePartial(encoded: partial.encoded))
                }
            }
            #expect(FeatureStatistics.combine(partials, blockCount: blocks) == alone)
            // The control: merging from left to right is another sum.
            let leaves = (0..<blocks).flatMap { FeatureStatistics.compute(set.examples, blocks: $0..<$0 + 1) }
            var chain = leaves[0]
            for leaf in leaves.dropFirst() { chain.merge(leaf) }
            #expect(chain.encoded != FeatureStatistics.compute(set.examples, blocks: 0..<blocks)[0].encoded)
        }
    }

    @Test func rowsNamedAreTheOnlyOnesRead() throws {
        let set = try Dataset(
            name: "n", features: [1, 100, 3, 200] as [Float], exampleShape: [1], labels: .none)
        let statistics = FeatureStatistics(set.examples, rows: [0, 2])
        #expect(statistics.mean == [2] && statistics.deviation == [1] && statistics.maximum == [3])
    }

    @Test func scalings() throws {
        let set = try Dataset(
            name: "n", features: [1, 7, 3, 7, 5, 7] as [Float], exampleShape: [2], labels: .none)
        let statistics = FeatureStatistics(set.examples)
        let standard = FeatureScaling(.standardize, statistics)
        #expect(standard.center == [3, 7])
        #expect(abs(standard.factor[0] - (3.0 / 8).squareRoot()) < 1e-15)
        #expect(standard.factor[1] == 1)
        let range = FeatureScaling(.minMax(), statistics)
        #expect(range.center == [1, 7] && range.factor == [0.25, 1])
        // 1, 3 and 5 go to −1, 0 and 1; what never varies goes to the lower end.
        let around = FeatureScaling(.minMax(low: -1, high: 1), statistics)
        #expect(around.center == [3, 8] && around.factor == [0.5, 1])
        #expect(FeatureScaling(.none, statistics) == FeatureScaling(unchanged: 2))
        #expect(throws: DataError.self) { try FeatureScaling(unchanged: 3).check(set.layout, path: "n") }
        try standard.check(set.layout, path: "n")
    }

    @Test func aScalingComesBackFromJSON() throws {
        let set = try Dataset(
            name: "n", features: [0.1, 0.7, 0.2] as [Float], exampleShape: [1], labels: .none)
        let scaling = FeatureScaling(.standardize, FeatureStatistics(set.examples))
        let json = try JSONEncoder().encode(scaling)
        #expect(try JSONDecoder().decode(FeatureScaling.self, from: json) == scaling)
        let layout = try JSONEncoder().encode(set.layout)
        #expect(try JSONDecoder().decode(DatasetLayout.self, from: layout) == set.layout)
    }
}
