import CKernels
import FixedTree
import Randomness
import Testing

@testable import Datasets

@Suite struct WhiteningTests {
    /// Correlated features of very different sizes, of which one never varies and one is the sum of two others.
    static func features(_ n: Int, _ k: Int) -> [Float] {
        let random = CounterRandom(seed: 8, purpose: .test)
        return (0..<n).flatMap { row in
            let common = random.normal(at: UInt64(row) << 20)
            var values = (0..<k).map { i in
                let own = random.normal(at: UInt64(row) << 20 | UInt64(i + 1))
                let size = [1e-3, 1, 40, 2e4][i % 4]
                return Float(size * (common + 0.2 * own + 3))
            }
            if k > 4 {
                values[3] = 7
                values[4] = values[1] + values[2]
            }
            return values
        }
    }

    static func whitening(
        _ examples: StoredExamples, rows: [Int32]? = nil, eps: Double = 1e-5, ranks: Int = 1,
        isa: dt_isa = DT_ISA_BASELINE
    ) throws -> FeatureScaling {
        let kernels = try #require(dt_kernels_for(isa))
        let statistics = FeatureStatistics(examples, rows: rows, perFeature: true)
        var scaling = FeatureScaling(.whiten(eps: eps), statistics)
        let correlations = Correlations(examples, rows: rows, scaling: scaling, kernels: kernels)
        let sums = (0..<ranks).flatMap {
            correlations.compute(
                tiles: ShardBounds.owned(byRank: $0, ranks: ranks, shards: correlations.tileCount))
        }
        scaling.whitening = try WhiteningMatrix.make(
            correlations: correlations.matrix(sums), size: examples.layout.width, eps: eps, name: "n")
        return scaling
    }

    /// Means and covariances of batches of `size` of all examples.
    static func moments(
        _ set: Dataset, _ scaling: FeatureScaling, batch size: Int
    ) throws -> (mean: [Double], covariance: [Double], values: [Float]) {
        let k = set.layout.width
        var values: [Float] = []
        for start in stride(from: 0, to: set.count, by: size) {
            let rows = (start..<min(start + size, set.count)).map { Int32($0) }
            values += try BatchMakerTests.make(set, scaling, rows: rows).features
        }
        let n = Double(set.count)
        var mean = Array(repeating: 0.0, count: k)
        var covariance = Array(repeating: 0.0, count: k * k)
        for row in 0..<set.count {
            for i in 0..<k { mean[i] += Double(values[row * k + i]) / n }
        }
        for row in 0..<set.count {
            let z = (0..<k).map { Double(values[row * k + $0]) - mean[$0] }
            for i in 0..<k {
                for j in 0..<k { covariance[i * k + j] += z[i] * z[j] / n }
            }
        }
        return (mean, covariance, values)
    }

    @Test(arguments: [1, 3, 4, 20, 70]) func theCovarianceIsTheIdentity(k: Int) throws {
        let set = try Dataset(
            name: "n", features: Self.features(1000, k), exampleShape: [k], labels: .none)
        let found = try Self.moments(set, Self.whitening(set.examples), batch: 64)
        // A constant feature and a sum of others take a direction each.
        let rank = k > 4 ? k - 2 : k
        #expect(found.mean.allSatisfy { abs($0) < 1e-3 } && found.values.allSatisfy(\.isFinite))
        for i in 0..<k {
            for j in 0..<k {
                let expected = i == j && i < rank ? 1.0 : 0
                #expect(abs(found.covariance[i * k + j] - expected) < 1e-3, "\(i) \(j)")
            }
        }
        // The control: standardized features are correlated.
        let standard = try Self.moments(
            set, FeatureScaling(.standardize, FeatureStatistics(set.examples)), batch: 64)
        if k > 1 { #expect(abs(standard.covariance[1]) > 0.5) }
    }

    /// Bytes of images, and doubles whose mean drowns their spread in Float32.
    @Test func imagesAndDoubles() throws {
        let random = CounterRandom(seed: 9, purpose: .test)
        let noise = (0..<600 * 12).map { random.uniform(at: UInt64($0)) }
        let images = try Dataset(
            name: "images",
            features: (0..<600 * 12).map { UInt8(noise[$0] * 100 + noise[$0 / 12 * 12] * 100) },
            exampleShape: [1, 3, 4], labels: .none)
        let doubles = noise.enumerated().map { 1e9 + $1 + noise[$0 / 12 * 12] }
        let table = try Dataset(
            TestBytes.source(
                .npy, TestBytes.npy(TestBytes.header("<f8", "(600, 12)"), data: TestBytes.bytes(doubles))))
        for set in [images, table] {
            let found = try Self.moments(set, Self.whitening(set.examples), batch: 100)
            for i in 0..<144 { #expect(abs(found.covariance[i] - (i % 13 == 0 ? 1 : 0)) < 1e-3) }
        }
    }

    @Test func ranksBatchesAndInstructionsDoNotShow() throws {
        let set = try Dataset(
            name: "n", features: Self.features(300, 70), exampleShape: [70], labels: .none)
        let rows = (0..<250).map { Int32($0 * 7 % 300) }
        let alone = try Self.whitening(set.examples, rows: rows)
        for ranks in 2...4 { #expect(try Self.whitening(set.examples, rows: rows, ranks: ranks) == alone) }
        for isa in 0...dt_isa_detect().rawValue {
            #expect(try Self.whitening(set.examples, rows: rows, isa: dt_isa(rawValue: isa)) == alone)
        }
        #expect(try Self.whitening(set.examples, rows: Array(rows.reversed())) != alone)
        let whole = try Self.moments(set, alone, batch: 300).values
        for batch in [1, 7, 8, 9, 64] { #expect(try Self.moments(set, alone, batch: batch).values == whole) }
    }

    @Test func wideExamplesAreRefused() throws {
        func layout(_ width: Int) -> DatasetLayout {
            DatasetLayout(
                count: 1, exampleShape: [1, width], elementType: .uint8, labels: .none, classCount: nil)
        }
        try Correlations.check(layout(4096), path: "x")
        let error = #expect(throws: DataError.self) { try Correlations.check(layout(4097), path: "x") }
        #expect(error?.description.contains("at most 4096 features to whiten, found 4097") == true)
    }

    @Test func aMatrixThatDoesNotFitIsRefused() throws {
        let set = try Dataset(name: "n", features: Self.features(30, 4), exampleShape: [4], labels: .none)
        var scaling = try Self.whitening(set.examples)
        try scaling.check(set.layout, path: "n")
        scaling.whitening?[3] = .infinity
        #expect(throws: DataError.self) { try scaling.check(set.layout, path: "n") }
        scaling.whitening = nil
        #expect(throws: DataError.self) { try scaling.check(set.layout, path: "n") }
    }
}
