import Randomness
import Testing

@testable import Spectrum

/// Steps in a trust region and solutions of equations against what all eigenvalues tell.
@Suite struct TrustRegionStepTests {
    private static func random(_ count: Int, _ seed: UInt64) -> [Double] {
        let random = CounterRandom(seed: seed, purpose: .test, stream: 99)
        return (0..<count).map { random.normal(at: UInt64($0)) }
    }

    private static func norm(_ vector: [Double]) -> Double { DenseSpace.dot(vector, vector).squareRoot() }

    private static func difference(_ a: [Double], _ b: [Double]) -> Double {
        norm(zip(a, b).map { $0 - $1 }) / norm(b)
    }

    private static func eigen(_ space: DenseSpace) throws -> SymmetricEigen {
        try #require(SymmetricEigen(space.matrix, size: space.size))
    }

    /// The least value of the model within the region, by the secular equation ‖(H + σI)⁻¹g‖ = Δ (Moré and Sorensen 1983).
    private static func best(_ space: DenseSpace, _ gradient: [Double], radius: Double) throws -> Double {
        let eigen = try eigen(space)
        let parts = (0..<space.size).map {
            DenseSpace.dot(Array(eigen.vectors[$0 * space.size..<($0 + 1) * space.size]), gradient)
        }
        func length(_ shift: Double) -> Double {
            norm(zip(parts, eigen.values).map { $0 / ($1 + shift) })
        }
        let least = eigen.values[space.size - 1]
        var shift = 0.0
        if least <= 0 || length(0) > radius {
            var (low, high) = (max(0, -least) + 1e-12, max(0, -least) + norm(gradient) / radius + 1)
            for _ in 0..<200 {
                shift = (low + high) / 2
                if length(shift) > radius { low = shift } else { high = shift }
            }
        }
        return zip(parts, eigen.values).reduce(0) { sum, pair in
            let step = -pair.0 / (pair.1 + shift)
            return sum + pair.0 * step + pair.1 * step * step / 2
        }
    }

    private static let convex = (0..<12).map { 0.5 + Double($0 * $0) / 4 }
    private static let indefinite = (0..<12).map { Double($0 * 7 % 12) - 3.5 }

    @Test func insideItIsNewtonsStep() throws {
        let space = DenseSpace(eigenvalues: Self.convex, seed: 1)
        let gradient = Self.random(12, 1)
        let step = try space.steihaugTointStep(
            .init(gradient), radius: 1e3, iterations: 40, tolerance: 1e-6)
        let expected = try Self.eigen(space).solve(gradient, share: 1e-12).map { -$0 }
        #expect(Self.difference(step.vector.values, expected) < 1e-5)
        #expect(step.end == .inside && !step.isAtBoundary)
        let decrease = -space.model(gradient, step.vector.values)
        #expect(abs(step.decrease - decrease) < 1e-6 * decrease)
        #expect(abs(step.length - Self.norm(expected)) < 1e-5 * step.length)
        #expect(space.products <= 20)
    }

    /// A looser end takes fewer products, and leaves what it says of the gradient.
    @Test func toleranceEndsIt() throws {
        var products: [Int] = []
        for tolerance in [0.5, 0.1, 1e-3] {
            let space = DenseSpace(eigenvalues: Self.convex, seed: 1)
            let gradient = Self.random(12, 1)
            let step = try space.steihaugTointStep(
                .init(gradient), radius: 1e3, iterations: 40, tolerance: tolerance)
            let rest = zip(gradient, space.image(step.vector.values)).map { $0 + $1 }
            #expect(Self.norm(rest) <= 1.0001 * tolerance * Self.norm(gradient))
            products.append(space.products)
        }
        #expect(products[0] < products[1] && products[1] < products[2], "\(products)")
        let space = DenseSpace(eigenvalues: Self.convex, seed: 1)
        _ = try space.steihaugTointStep(
            .init(Self.random(12, 1)), radius: 1e3, iterations: 3, tolerance: 1e-6)
        #expect(space.products == 3)
    }

    /// On the boundary of a convex model at least half of the best decrease is reached (Yuan, Math. Program. 87, 2000).
    @Test(arguments: [0.01, 0.1, 0.3, 1.0, 3.0])
    func onTheBoundaryOfAConvexModel(_ part: Double) throws {
        for seed in 1...8 as ClosedRange<UInt64> {
            let space = DenseSpace(eigenvalues: Self.convex, seed: seed)
            let gradient = Self.random(12, seed)
            let whole = Self.norm(try Self.eigen(space).solve(gradient, share: 1e-12))
            let radius = min(part, 0.9) * whole
            let step = try space.steihaugTointStep(
                .init(gradient), radius: radius, iterations: 40, tolerance: 1e-6)
            #expect(step.end == .boundary)
            #expect(abs(Self.norm(step.vector.values) - radius) < 1e-6 * radius)
            let (decrease, best) = try (
                -space.model(gradient, step.vector.values), -Self.best(space, gradient, radius: radius)
            )
            #expect(decrease >= 0.5 * best && decrease <= best * (1 + 1e-6), "\(decrease) of \(best)")
            #expect(abs(step.decrease - decrease) < 1e-5 * decrease)
        }
    }

    /// Negative curvature is followed to the boundary, and gains at least what the best step along −g does.
    @Test(arguments: [0.1, 1.0, 10.0, 1000.0])
    func negativeCurvatureIsFollowed(_ radius: Double) throws {
        var met = 0
        for seed in 1...12 as ClosedRange<UInt64> {
            let space = DenseSpace(eigenvalues: Self.indefinite, seed: seed)
            let gradient = Self.random(12, seed)
            let step = try space.steihaugTointStep(
                .init(gradient), radius: radius, iterations: 40, tolerance: 1e-6)
            #expect(step.isAtBoundary)
            #expect(abs(Self.norm(step.vector.values) - radius) < 1e-6 * radius)
            if case .negativeCurvature(let curvature) = step.end {
                met += 1
                #expect(curvature < 0 && curvature >= -3.5001)
            }
            let decrease = -space.model(gradient, step.vector.values)
            #expect(abs(step.decrease - decrease) < 1e-5 * decrease)
            let norm = Self.norm(gradient)
            let unit = gradient.map { -$0 / norm }
            let curvature = DenseSpace.dot(unit, space.image(unit))
            let cauchy = curvature > 0 ? min(radius, norm / curvature) : radius
            #expect(
                decrease >= -space.model(gradient, unit.map { $0 * cauchy }) * (1 - 1e-6), "seed \(seed)")
            let best = try -Self.best(space, gradient, radius: radius)
            #expect(decrease <= best * (1 + 1e-6))
        }
        #expect(met == 12 || radius < 10, "\(met) of 12")
    }

    @Test func withoutGradientThereIsNoStep() throws {
        let space = DenseSpace(eigenvalues: Self.indefinite, seed: 1)
        let step = try space.steihaugTointStep(
            .init(Array(repeating: 0, count: 12)), radius: 1, iterations: 40, tolerance: 0.1)
        #expect(step.length == 0 && step.decrease == 0 && !step.isAtBoundary && space.products == 0)
    }

    /// No curvature that products could tell: down the slope, to the boundary.
    @Test func aPlaneIsFollowed() throws {
        let space = DenseSpace(eigenvalues: Array(repeating: 0, count: 6), seed: 1)
        let gradient = Self.random(6, 1)
        let step = try space.steihaugTointStep(.init(gradient), radius: 2, iterations: 9, tolerance: 0.1)
        #expect(step.end == .boundary && space.products == 1)
        #expect(abs(step.decrease - 2 * Self.norm(gradient)) < 1e-6 * step.decrease)
    }

    /// Along the eigenvector of the least eigenvalue, downhill where there is a slope.
    @Test func lanczosVector() throws {
        for (seed, slope) in zip(1...6 as ClosedRange<UInt64>, [0, 1e-9, -1e-9, 0, 1e-9, -1e-9]) {
            let space = DenseSpace(eigenvalues: Self.indefinite, seed: seed)
            let gradient = Self.random(12, seed).map { $0 * slope }
            let found = try space.negativeCurvatureStep(.init(gradient), radius: 0.5, products: 40)
            let step = try #require(found)
            guard case .negativeCurvature(let curvature) = step.end else {
                Issue.record("\(step.end)")
                continue
            }
            #expect(curvature < -3 && curvature >= -3.5001, "\(curvature)")
            #expect(abs(Self.norm(step.vector.values) - 0.5) < 1e-6 && step.length == 0.5)
            #expect(DenseSpace.dot(gradient, step.vector.values) <= 0)
            let decrease = -space.model(gradient, step.vector.values)
            #expect(abs(step.decrease - decrease) < 1e-3 * decrease)
        }
    }

    @Test func whereNothingIsNegativeThereIsNone() throws {
        for eigenvalues in [Self.convex, [0, 0, 0, 0, 1, 2], [0, 0, 0, 0, 0]] {
            let space = DenseSpace(eigenvalues: eigenvalues, seed: 2)
            let zero = Array(repeating: 0.0, count: eigenvalues.count)
            #expect(try space.negativeCurvatureStep(.init(zero), radius: 1, products: 40) == nil)
            #expect(space.products <= 40)
        }
    }

    // MARK: Equations

    @Test(arguments: [convex, indefinite, indefinite.map { -$0 }, convex.map { -$0 }])
    func minresSolves(_ eigenvalues: [Double]) throws {
        for seed in 1...6 as ClosedRange<UInt64> {
            let space = DenseSpace(eigenvalues: eigenvalues, seed: seed)
            let right = Self.random(12, seed)
            let found = try space.minres(.init(right), iterations: 60, tolerance: 1e-6)
            let expected = try Self.eigen(space).solve(right, share: 1e-12)
            #expect(Self.difference(found.values, expected) < 1e-4, "seed \(seed)")
            let residual = Self.norm(zip(right, space.image(found.values)).map { $0 - $1 })
            #expect(residual < 1e-5 * Self.norm(right))
        }
    }

    /// Of all points that so many products reach, the residual is least: it falls with each.
    @Test func minresResidualsFall() throws {
        let right = Self.random(12, 3)
        var last = Double.infinity
        for iterations in 1...10 {
            let space = DenseSpace(eigenvalues: Self.indefinite, seed: 3)
            let found = try space.minres(.init(right), iterations: iterations, tolerance: 1e-9)
            #expect(space.products == iterations)
            let residual = Self.norm(zip(right, space.image(found.values)).map { $0 - $1 })
            #expect(residual <= last * (1 + 1e-6))
            last = residual
        }
        #expect(last < 0.5 * Self.norm(right))
    }

    /// Where H has no inverse, what lies in its range is solved.
    @Test func minresOfASingularMatrix() throws {
        let eigenvalues = [0, 0, 0, 2, -1, 3, 0.5, -4] as [Double]
        let space = DenseSpace(eigenvalues: eigenvalues, seed: 5)
        let wanted = Self.random(8, 5)
        let right = space.image(wanted)
        let found = try space.minres(.init(right), iterations: 60, tolerance: 1e-6)
        let expected = try Self.eigen(space).solve(right, share: 1e-9)
        #expect(Self.difference(found.values, expected) < 1e-4)
        let zero = try space.minres(
            .init(Array(repeating: 0, count: 8)), iterations: 9, tolerance: 1e-6)
        #expect(zero.values.allSatisfy { $0 == 0 })
    }

    @Test func denseSolutions() throws {
        let eigenvalues = [3, -2, 1e-9, 0.5] as [Double]
        let space = DenseSpace(eigenvalues: eigenvalues, seed: 7)
        let wanted = Self.random(4, 7)
        let eigen = try Self.eigen(space)
        let right = space.image(wanted)
        #expect(Self.difference(eigen.solve(right, share: 0), wanted) < 1e-5)
        // Without the eigenvalue that counts as 0 it is shorter, and solves no less.
        let short = eigen.solve(right, share: 1e-6)
        #expect(Self.norm(short) < Self.norm(wanted))
        #expect(Self.difference(space.image(short), right) < 1e-8)
    }

    /// Numbers that are not finite end it on every process alike.
    @Test func notFinite() throws {
        let space = DenseSpace(eigenvalues: [1, 2, 1e300], seed: 1)
        let gradient = DiagonalSpace.Box<Double>([1e200, 1, 1])
        #expect(throws: SpectrumError.self) {
            try space.steihaugTointStep(gradient, radius: 1, iterations: 5, tolerance: 0.1)
        }
        #expect(throws: SpectrumError.self) {
            try space.minres(.init([.nan, 1, 1]), iterations: 5, tolerance: 0.1)
        }
    }
}
