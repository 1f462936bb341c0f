import Glibc
import Testing

@testable import Datasets

/// Debian's package dataset-fashion-mnist; skipped where it is not installed.
@Suite(.enabled(if: access("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz", R_OK) == 0))
struct FashionMNISTTests {
    static func source(_ part: String) -> DatasetSource {
        let folder = "/usr/share/datasets/fashion-mnist"
        return DatasetSource(
            format: .idx, features: "\(folder)/\(part)-images-idx3-ubyte.gz",
            labels: "\(folder)/\(part)-labels-idx1-ubyte.gz")
    }

    @Test func trainingSetHasItsPublishedMoments() throws {
        let layout = try Self.source("train").inspect()
        #expect(layout.count == 60_000 && layout.exampleShape == [1, 28, 28] && layout.classCount == nil)
        let set = try Dataset(Self.source("train"))
        #expect(set.classCount == 10)
        var perClass = [Int](repeating: 0, count: 10)
        for label in try #require(set.examples.classes) { perClass[Int(label)] += 1 }
        #expect(perClass == Array(repeating: 6000, count: 10))
        let statistics = FeatureStatistics(set.examples)
        #expect((statistics.mean[0] / 255 * 1e4).rounded() == 2860)
        #expect((statistics.deviation[0] / 255 * 1e4).rounded() == 3530)
        #expect(statistics.minimum == [0] && statistics.maximum == [255])
    }

    @Test func testSetLoads() throws {
        let set = try Dataset(Self.source("t10k"))
        #expect(set.count == 10_000 && set.exampleShape == [1, 28, 28] && set.classCount == 10)
    }
}
