import Testing

@testable import Datasets

/// Samples of data sets, draws with replacement, and repetitions.
@Suite struct ExampleLimitTests {
    /// 100 examples whose only feature is their number; classes 0, 1 and 2 of 70, 25 and 5 examples.
    private static let classes = (0..<100).map { Int32($0 % 20 == 0 ? 2 : $0 % 4 == 1 ? 1 : 0) }
    private static func source(_ labels: InlineExamples.Labels) -> DatasetSource {
        DatasetSource(inline: InlineExamples(features: (0..<100).map(Double.init), width: 1, labels: labels))
    }
    private static func rows(_ set: Dataset) -> [Int] {
        (0..<set.count).map { Int(set.examples.features(ofRow: $0)[0]) }
    }

    @Test(arguments: [(20, [14, 5, 1]), (10, [7, 3, 0]), (50, [35, 13, 2]), (3, [2, 1, 0])])
    func classesKeepTheirShares(_ limit: Int, _ quotas: [Int]) throws {
        let source = Self.source(.classes(Self.classes))
        let set = try Dataset(source.limited(to: limit, seed: 3))
        let rows = Self.rows(set)
        #expect(rows == rows.sorted() && Set(rows).count == limit)
        #expect((0..<3).map { label in rows.count { Self.classes[$0] == label } } == quotas)
        #expect(Array(try #require(set.examples.classes)) == rows.map { Self.classes[$0] })
        #expect(set.classCount == 3)
        #expect(Self.rows(try Dataset(source.limited(to: limit, seed: 3))) == rows)
        #expect(Self.rows(try Dataset(source.limited(to: limit, seed: 4))) != rows)
    }

    @Test func numbersAreDrawnWithoutShares() throws {
        let source = Self.source(.targets((0..<100).map { Double($0) / 2 }, width: 1)).limited(to: 7, seed: 1)
        let set = try Dataset(source)
        let rows = Self.rows(set)
        #expect(set.count == 7 && rows == rows.sorted() && Set(rows).count == 7)
        #expect(Array(try #require(set.examples.targets)) == rows.map { Float($0) / 2 })
        #expect(source.place(ofLabel: 2).example == rows[2])
    }

    /// Predictions are of the examples that the labels decided, though they are not read.
    @Test func aSampleWithoutLabelsIsTheSame() throws {
        let labelled = Self.source(.classes(Self.classes)).limited(to: 13, seed: 8)
        let plain = try Dataset(labelled.withoutLabels)
        #expect(plain.layout.labels == .none)
        #expect(Self.rows(plain) == Self.rows(try Dataset(labelled)))
        let unlabelled = Self.source(.none).limited(to: 13, seed: 8)
        #expect(Self.rows(try Dataset(unlabelled)) != Self.rows(plain))
    }

    @Test func aLimitAboveTheSizeTakesAll() throws {
        for limit in [100, 101, 5000] {
            let set = try Dataset(Self.source(.classes(Self.classes)).limited(to: limit))
            #expect(Self.rows(set) == Array(0..<100))
        }
    }

    @Test func replacementDrawsEveryPlaceAnew() {
        func rows(_ seed: UInt64, _ epoch: UInt64, subset: [Int32]? = nil) -> [Int32] {
            EpochOrder(
                count: 2000, subset: subset, batchSize: 8, seed: seed, epoch: epoch, shuffle: .replacement
            ).rows
        }
        let drawn = rows(1, 0)
        #expect(drawn.count == 2000 && drawn.allSatisfy { (0..<2000).contains($0) })
        // 1 − 1/e of 2000 are 1264, with a deviation of 14.
        #expect((1180...1350).contains(Set(drawn).count))
        #expect(drawn == rows(1, 0) && drawn != rows(1, 1) && drawn != rows(2, 0))
        let subset: [Int32] = [3, 30, 300]
        let few = rows(1, 0, subset: subset)
        #expect(few.count == 3 && few.allSatisfy(subset.contains))
    }

    @Test func countsRepetitions() throws {
        func count(_ features: [Double], _ labels: InlineExamples.Labels, rows: [Int32]? = nil) throws
            -> [Int]
        {
            let source = DatasetSource(
                inline: InlineExamples(features: features, width: 2, labels: labels))
            let found = RepeatedExamples(try Dataset(source).examples, rows: rows)
            return [found.repeated, found.relabelled]
        }
        let features = [0, 1, 2, 3, 0, 1, 0, 1, 2, 4, 0, 1].map(Double.init)
        #expect(try count(features, .classes([0, 1, 0, 1, 1, 0])) == [2, 1])
        #expect(try count(features, .none) == [3, 0])
        #expect(try count(features, .classes([0, 1, 0, 1, 1, 0]), rows: [0, 1, 3, 4]) == [0, 0])
        #expect(try count(features, .targets([1, 2, 1, 1, 2, 1], width: 1)) == [3, 0])
        #expect(try count((0..<2000).map(Double.init), .none) == [0, 0])
        #expect(try count(Array(repeating: 0, count: 2000), .none) == [999, 0])
    }
}
