import Graph
import Layers
import Testing

/// First values have torch's bounds and moments, and depend on seed, place and element alone.
@Suite struct InitializerTests {
    private func values(_ model: any Model, _ exampleShape: [Int], seed: UInt64 = 1) throws -> [[Double]] {
        try TracedModel(model, exampleShape: exampleShape, target: .none, loss: .meanSquaredError)
            .initialValues(seed: seed).map { $0.map(Double.init) }
    }

    /// Mean, variance and largest magnitude of a sample.
    private func moments(_ sample: [Double]) -> (mean: Double, variance: Double, largest: Double) {
        let mean = sample.reduce(0, +) / Double(sample.count)
        let variance = sample.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(sample.count)
        return (mean, variance, sample.map(\.magnitude).max() ?? 0)
    }

    private func expectUniform(_ sample: [Double], bound: Double) {
        let (mean, variance, largest) = moments(sample)
        // Five deviations: of the mean bound/√(3n); of the variance (bound²/3)·√(0.8/n).
        let count = Double(sample.count)
        #expect(largest <= bound)
        #expect(largest > bound * (1 - 20 / count))
        #expect(mean.magnitude < 5 * bound / (3 * count).squareRoot())
        #expect((variance - bound * bound / 3).magnitude < 5 * bound * bound / 3 * (0.8 / count).squareRoot())
    }

    @Test func linearIsUniformByFanIn() throws {
        let values = try values(Linear(300), [64])
        expectUniform(values[0], bound: 1 / 8)
        expectUniform(values[1], bound: 1 / 8)
    }

    @Test func convolutionIsUniformByFanInOfItsGroup() throws {
        let values = try values(Conv2d(200, kernel: Extent2d(3, 5), groups: 2), [8, 6, 6])
        expectUniform(values[0], bound: 1 / 60.squareRoot())
        expectUniform(values[1], bound: 1 / 60.squareRoot())
    }

    @Test func kaimingNormalHasDeviationByFanOut() throws {
        let model = Conv2d(64, kernel: 3, bias: false, initializer: .kaimingNormalFanOut)
        let sample = try values(model, [32, 4, 4])[0]
        let (mean, variance, largest) = moments(sample)
        let expected = 2.0 / (64 * 9)
        let count = Double(sample.count)
        #expect(mean.magnitude < 5 * (expected / count).squareRoot())
        #expect((variance - expected).magnitude < 5 * expected * (2 / count).squareRoot())
        // A normal sample of 18,432 has values beyond three deviations; a uniform one of this variance has none.
        #expect(largest > 3 * expected.squareRoot())
    }

    @Test func xavierIsUniformByBothFans() throws {
        let sample = try values(
            Conv2d(50, kernel: 3, bias: false, initializer: .xavierUniform()), [10, 4, 4])[
                0]
        expectUniform(sample, bound: (6 / Double(90 + 450)).squareRoot())
    }

    @Test func batchNormStartsAsTheIdentity() throws {
        #expect(try values(BatchNormalization(), [2]) == [[1, 1], [0, 0], [0, 0], [1, 1]])
    }

    @Test func valuesDependOnSeedAndPlaceOnly() throws {
        let small: Sequential = [Linear(6), Linear(6)]
        let again: Sequential = [Linear(6), Linear(6)]
        let longer: Sequential = [Linear(6), Linear(6), Linear(9)]
        let first = try values(small, [6])
        #expect(try values(again, [6]) == first)
        #expect(Array(try values(longer, [6]).prefix(4)) == first)
        #expect(try values(small, [6], seed: 2)[0] != first[0])
        // Two layers of one shape differ, and so do a weight's rows.
        #expect(first[0] != first[2])
        #expect(Set(first[0]).count > 30)
    }

    @Test func valuesDependOnTheLogicalElement() throws {
        // The first rows of a taller weight with the same fan-in are the shorter weight.
        let (short, tall) = (try values(Linear(4), [6])[0], try values(Linear(7), [6])[0])
        #expect(Array(tall.prefix(24)) == short)
    }
}
