import Graph
import Layers
import Randomness
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

    private func weight(_ initializer: Initializer, out: Int, inputs: Int) throws -> [Double] {
        try values(Linear(out, bias: false, initializer: initializer), [inputs])[0]
    }

    private func expectNormal(_ sample: [Double], mean: Double = 0, deviation: Double) {
        let (found, variance, _) = moments(sample)
        let count = Double(sample.count)
        #expect((found - mean).magnitude < 5 * deviation / count.squareRoot())
        let expected = deviation * deviation
        #expect((variance - expected).magnitude < 5 * expected * (2 / count).squareRoot())
        let beyond = sample.filter { ($0 - mean).magnitude > 2 * deviation }.count
        // 4.55 % of a normal distribution lie beyond two deviations; none of a uniform one.
        #expect((Double(beyond) / count - 0.0455).magnitude < 5 * (0.0455 / count).squareRoot())
    }

    @Test func xavierWithGain() throws {
        expectUniform(
            try weight(.xavierUniform(gain: 5.0 / 3), out: 120, inputs: 80),
            bound: 5.0 / 3 * (6 / 200.0).squareRoot())
        expectNormal(
            try weight(.xavierNormal(gain: 2), out: 120, inputs: 80), deviation: 2 * (2 / 200.0).squareRoot())
    }

    @Test func kaimingByFanAndNonlinearity() throws {
        let gains: [(Nonlinearity, Double)] = [
            (.linear, 1), (.sigmoid, 1), (.tanh, 25.0 / 9), (.relu, 2), (.leakyReLU(slope: 0.5), 1.6),
            (.selu, 0.5625),
        ]
        for (nonlinearity, squaredGain) in gains {
            for (fan, count) in [(InitializerFan.fanIn, 80.0), (.fanOut, 120)] {
                expectNormal(
                    try weight(.kaimingNormal(fan: fan, nonlinearity), out: 120, inputs: 80),
                    deviation: (squaredGain / count).squareRoot())
                expectUniform(
                    try weight(.kaimingUniform(fan: fan, nonlinearity), out: 120, inputs: 80),
                    bound: (3 * squaredGain / count).squareRoot())
            }
        }
        // With a = √5 it is torch's default for linear weights.
        let rootOfFive = Nonlinearity.leakyReLU(slope: 5.squareRoot())
        let (one, other) = (
            try weight(.kaimingUniform(rootOfFive), out: 30, inputs: 20),
            try weight(.torchDefault, out: 30, inputs: 20)
        )
        #expect(zip(one, other).allSatisfy { ($0 - $1).magnitude < 1e-7 })
    }

    @Test func plainDistributions() throws {
        #expect(try Set(weight(.constant(0.25), out: 3, inputs: 4)) == [0.25])
        let shifted = try weight(.uniform(a: 2, b: 5), out: 100, inputs: 100)
        #expect(shifted.allSatisfy { (2...5).contains($0) })
        expectUniform(shifted.map { $0 - 3.5 }, bound: 1.5)
        expectNormal(
            try weight(.normal(mean: 3, deviation: 0.5), out: 100, inputs: 100), mean: 3, deviation: 0.5)
        let bias = try values(Linear(5000, biasInitializer: .normal(mean: -1, deviation: 2)), [1])[1]
        expectNormal(bias, mean: -1, deviation: 2)
    }

    @Test func truncatedNormalStaysInside() throws {
        let sample = try weight(.truncatedNormal(), out: 100, inputs: 100)
        let (mean, variance, largest) = moments(sample)
        #expect(largest <= 2 && largest > 1.99)
        #expect(mean.magnitude < 0.05)
        // 1 − 4 φ(2)/(2Φ(2) − 1).
        #expect((variance - 0.7737).magnitude < 0.04)
        let tail = try weight(
            .truncatedNormal(mean: 1, deviation: 0.5, a: 2, b: 4), out: 100, inputs: 100)
        #expect(tail.allSatisfy { (2...4).contains($0) })
        // 1 + 0.5 φ(2)/(Φ(6) − Φ(2)).
        #expect((moments(tail).mean - 2.1866).magnitude < 0.02)
    }

    @Test(arguments: [(40, 70), (70, 40), (33, 33), (1, 9), (9, 1)])
    func orthogonalVectors(rows: Int, columns: Int) throws {
        let sample = try weight(.orthogonal(gain: 3), out: rows, inputs: columns)
        func element(_ vector: Int, _ place: Int) -> Double {
            rows < columns ? sample[vector * columns + place] : sample[place * columns + vector]
        }
        let (count, length) = (min(rows, columns), max(rows, columns))
        let random = CounterRandom(seed: 1, purpose: .initialization, stream: 0)
        for one in 0..<count {
            for other in 0..<count {
                let product = (0..<length).reduce(0) { $0 + element(one, $1) * element(other, $1) }
                #expect((product - (one == other ? 9 : 0)).magnitude < 9e-6)
            }
            // The decomposition of the normal numbers: R = Qᵀ A is triangular with a positive diagonal.
            for place in 0...one {
                let r = (0..<length).reduce(0) { sum, row in
                    let drawn = rows < columns ? place * columns + row : row * columns + place
                    return sum + element(one, row) / 3 * random.normal(at: UInt64(drawn))
                }
                #expect(place == one ? r > 0 : r.magnitude < 1e-5)
            }
        }
    }

    @Test func orthogonalFiltersAreOrthogonalAsAMatrix() throws {
        let sample = try values(Conv2d(8, kernel: 3, bias: false, initializer: .orthogonal()), [2, 4, 4])[0]
        for one in 0..<8 {
            for other in 0..<8 {
                let product = (0..<18).reduce(0) { $0 + sample[one * 18 + $1] * sample[other * 18 + $1] }
                #expect((product - (one == other ? 1 : 0)).magnitude < 1e-6)
            }
        }
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
