import Foundation
import Testing

@testable import Spectrum

@Suite struct LanczosTests {
    /// A bulk near zero with a few eigenvalues far from it, as Hessians of networks have.
    private static let networkLike: [Double] =
        (0..<400).map { 0.01 * Double($0 % 97) / 97 } + [-0.8, -0.3, 2, 3.5, 5, 5.0001, 9]

    private func run(
        _ space: DiagonalSpace, capacity: Int, products: Int
    ) throws -> Lanczos<DiagonalSpace> {
        var lanczos = try Lanczos(space, capacity: capacity)
        while lanczos.products < products, !lanczos.isComplete { try lanczos.step() }
        return lanczos
    }

    @Test(arguments: [100, 12, 8])
    func findsBothEndsWhateverTheBasisHolds(_ capacity: Int) throws {
        let space = DiagonalSpace(Self.networkLike)
        let lanczos = try run(space, capacity: capacity, products: 90)
        let ritz = try lanczos.ritzValues()
        #expect(abs(try #require(ritz.last).value - 9) < 1e-5)
        #expect(abs(try #require(ritz.first).value + 0.8) < 1e-5)
        #expect(space.largestBasis <= capacity)
        #expect(space.products == 90)
    }

    @Test func residualsAreThoseOfTheVectors() throws {
        let space = DiagonalSpace(Self.networkLike)
        let lanczos = try run(space, capacity: 12, products: 31)
        let ritz = try lanczos.ritzValues()
        for (value, vector) in zip(ritz, try lanczos.ritzVectors(Array(ritz.indices))) {
            let image = space.product(vector)
            space.subtract([value.value], [vector], from: image)
            let norm = space.squaredNorm(image).squareRoot()
            #expect(abs(norm - value.residual) < 1e-5, "\(value): \(norm)")
            #expect(Self.networkLike.contains { abs($0 - value.value) <= norm + 1e-6 })
        }
    }

    @Test func multipleEigenvaluesComeAgainFromNewStarts() throws {
        let space = DiagonalSpace([1, 1, 1, -2, -2, 0, 0, 0, 0, 4])
        let lanczos = try run(space, capacity: 20, products: 40)
        #expect(lanczos.isComplete)
        #expect(lanczos.isInvariant)
        let values = try lanczos.ritzValues().map(\.value)
        #expect(values.count == 10)
        for (found, expected) in zip(values, space.eigenvalues.sorted()) {
            #expect(abs(found - expected) < 1e-5)
        }
        // One start sees each eigenvalue once.
        #expect(lanczos.tridiagonal.count == 4)
    }

    @Test func anOperatorThatIsZeroHasOnlyZeros() throws {
        let space = DiagonalSpace([0, 0, 0])
        let lanczos = try run(space, capacity: 5, products: 10)
        #expect(lanczos.isComplete)
        #expect(try lanczos.ritzValues().allSatisfy { $0.value == 0 && $0.residual == 0 })
    }

    @Test func numbersThatAreNotFiniteAreAnError() throws {
        let space = DiagonalSpace([1, .nan, 2])
        var lanczos = try Lanczos(space, capacity: 5)
        #expect(throws: SpectrumError.self) { try lanczos.step() }
    }

    @Test func boundOnMissing() {
        typealias Bound = Lanczos<DiagonalSpace>
        // 1.648 · 100 · exp(−0.5 · 99).
        let expected = 1.648 * 100 * exp(-0.5 * 99)
        let found = Bound.probabilityOfMissing(share: 0.25, dimension: 10_000, products: 50)
        #expect(abs(found - expected) <= 1e-12 * expected)
        #expect(Bound.probabilityOfMissing(share: 1e-9, dimension: 10_000, products: 50) == 1)
        #expect(Bound.probabilityOfMissing(share: -1, dimension: 10, products: 50) == 1)
        let share = Bound.shareMissed(probability: 0.05, dimension: 10_000, products: 50)
        let back = Bound.probabilityOfMissing(share: share, dimension: 10_000, products: 50)
        #expect(abs(back - 0.05) < 1e-12)
    }

    @Test(arguments: [-0.5, -1e-4, 1e-4, 0.004, 1, 4, 100])
    func measureLiesBetweenItsBounds(_ x: Double) throws {
        let space = DiagonalSpace(Self.networkLike)
        let lanczos = try run(space, capacity: 100, products: 25)
        // The start vector's own measure.
        let start = space.normal(0)
        let norm = space.squaredNorm(start)
        let expected = zip(Self.networkLike, start.values).reduce(0) {
            $0 + ($1.0 < x ? $1.1 * $1.1 / norm : 0)
        }
        let range = try lanczos.tridiagonal.measure(below: x, in: space)
        #expect(
            range.lowerBound <= expected + 1e-6 && expected <= range.upperBound + 1e-6, "\(range) \(expected)"
        )
        #expect(range.upperBound - range.lowerBound < 0.6)
        let nodes = try lanczos.tridiagonal.nodes(in: space)
        #expect(abs(nodes.reduce(0) { $0 + $1.weight } - 1) < 1e-10)
    }

    @Test func measureIsExactWhereTheBasisIsInvariant() throws {
        let space = DiagonalSpace([-1, 0, 0, 0, 2, 2])
        let lanczos = try run(space, capacity: 10, products: 20)
        let range = try lanczos.tridiagonal.measure(below: 1, in: space)
        let start = space.normal(0)
        let expected =
            start.values[..<4].reduce(0) { $0 + $1 * $1 } / space.squaredNorm(start)
        #expect(abs(range.lowerBound - expected) < 1e-5 && abs(range.upperBound - expected) < 1e-5)
    }

    @Test func traceIsEstimatedWithItsError() throws {
        let space = DiagonalSpace(Self.networkLike)
        let trace = Self.networkLike.reduce(0, +)
        let estimate = try TraceEstimate(of: space, products: 60, start: 100)
        #expect(space.products == 60)
        #expect(abs(estimate.value - trace) <= 4 * estimate.error, "\(estimate) of \(trace)")
        #expect(estimate.error < 0.05 * trace)
        // What the range holds is exact.
        let low = try TraceEstimate(of: DiagonalSpace([3, -1, 0, 0, 0, 0, 0, 0]), products: 12, start: 0)
        #expect(abs(low.value - 2) < 1e-5)
    }
}
