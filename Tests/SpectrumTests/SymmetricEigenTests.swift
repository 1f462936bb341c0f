import CKernels
import CLAPACK
import Foundation
import Randomness
import Spectrum
import Testing

@Suite struct SymmetricEigenTests {
    /// A symmetric matrix (n, n) of normal numbers; every ninth row and column is zero.
    static func random(_ n: Int) -> [Double] {
        let random = CounterRandom(seed: 10, purpose: .test)
        var matrix = Array(repeating: 0.0, count: n * n)
        for i in 0..<n {
            for j in 0...i where i % 9 != 8 && j % 9 != 8 {
                matrix[i * n + j] = random.normal(at: UInt64(i * n + j))
                matrix[j * n + i] = matrix[i * n + j]
            }
        }
        return matrix
    }

    /// What rounding may make of a number of A's size: LAPACK promises p(n)·ε·‖A‖ with a p that grows slowly.
    static func tolerance(_ matrix: [Double], _ n: Int) -> Double {
        4 * Double(n).squareRoot() * .ulpOfOne * matrix.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }

    static func row(_ i: Int, of matrix: [Double], _ n: Int) -> ArraySlice<Double> {
        matrix[i * n..<(i + 1) * n]
    }

    static func dot(_ a: ArraySlice<Double>, _ b: ArraySlice<Double>) -> Double {
        zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// Holds a decomposition of A to what it says: order, orthonormal rows, A = Vᵀ·Λ·V, signs, and the values alone.
    @discardableResult
    static func decompose(_ matrix: [Double], _ n: Int) throws -> SymmetricEigen {
        let eigen = try #require(SymmetricEigen(matrix, size: n))
        let bound = max(tolerance(matrix, n), .leastNonzeroMagnitude)
        try #require(eigen.values.count == n && eigen.vectors.count == n * n)
        #expect(eigen.values == eigen.values.sorted(by: >))
        let alone = try #require(SymmetricEigen.values(matrix, size: n))
        #expect(alone == alone.sorted(by: >) && alone.count == n)
        #expect(zip(alone, eigen.values).allSatisfy { abs($0 - $1) <= bound })
        var (skew, error) = (0.0, 0.0)
        var rebuilt = Array(repeating: 0.0, count: n * n)
        for a in 0..<n {
            let v = Array(row(a, of: eigen.vectors, n))
            for b in 0...a {
                skew = max(skew, abs(dot(v[...], row(b, of: eigen.vectors, n)) - (a == b ? 1 : 0)))
            }
            for i in 0..<n {
                for j in 0..<n { rebuilt[i * n + j] += eigen.values[a] * v[i] * v[j] }
            }
            let largest = v.map(\.magnitude).max()
            #expect(v.first { $0.magnitude == largest } == largest, "the sign of vector \(a)")
        }
        for e in 0..<n * n { error = max(error, abs(rebuilt[e] - matrix[e])) }
        #expect(skew <= 4 * Double(n) * .ulpOfOne, "vectors of \(n) are orthonormal but for \(skew)")
        #expect(error <= bound, "\(n) x \(n) is rebuilt but for \(error), \(bound) is allowed")
        return eigen
    }

    @Test(arguments: [1, 2, 3, 17, 40, 200]) func theMatrixIsRebuilt(n: Int) throws {
        let matrix = Self.random(n)
        let eigen = try Self.decompose(matrix, n)
        // The control: another order of the same vectors makes another matrix.
        guard n > 1 else { return }
        let error = zip(eigen.values, eigen.values.reversed()).map { abs($0 - $1) }.max()
        #expect((error ?? 0) > 100 * Self.tolerance(matrix, n))
    }

    /// −d²/dx² on n inner points: λ_k = 2 − 2·cos(kπ/(n + 1)) with vectors sin(jkπ/(n + 1)), k from n to 1.
    @Test(arguments: [1, 2, 5, 64]) func theLaplacianOfALine(n: Int) throws {
        var matrix = Array(repeating: 0.0, count: n * n)
        for i in 0..<n {
            matrix[i * n + i] = 2
            if i > 0 { (matrix[i * n + i - 1], matrix[(i - 1) * n + i]) = (-1, -1) }
        }
        let eigen = try Self.decompose(matrix, n)
        for (place, value) in eigen.values.enumerated() {
            let angle = Double(n - place) * .pi / Double(n + 1)
            #expect(abs(value - (2 - 2 * cos(angle))) < 1e-14)
            let scale = (2 / Double(n + 1)).squareRoot()
            let wave = (1...n).map { scale * sin(Double($0) * angle) }
            #expect(abs(abs(Self.dot(wave[...], Self.row(place, of: eigen.vectors, n))) - 1) < 1e-13)
        }
    }

    @Test(arguments: [1, 2, 7, 50]) func oneValueForAllVectors(n: Int) throws {
        for scale in [1, -3, 0] as [Double] {
            let matrix = (0..<n * n).map { $0 % (n + 1) == 0 ? scale : 0 }
            #expect(try Self.decompose(matrix, n).values == Array(repeating: scale, count: n))
        }
    }

    /// The projector that takes the mean away has n − 1 values of 1; the vector of 0 is constant and positive.
    @Test(arguments: [2, 9, 60]) func aProjector(n: Int) throws {
        let matrix = (0..<n * n).map { ($0 % (n + 1) == 0 ? 1 : 0) - 1 / Double(n) }
        let eigen = try Self.decompose(matrix, n)
        #expect(eigen.values.dropLast().allSatisfy { abs($0 - 1) < 1e-14 })
        #expect(abs(eigen.values[n - 1]) < 1e-14)
        let constant = 1 / Double(n).squareRoot()
        #expect(Self.row(n - 1, of: eigen.vectors, n).allSatisfy { abs($0 - constant) < 1e-13 })
    }

    /// Of components of one magnitude the first is positive, whatever their order.
    @Test func signs() throws {
        let half = 0.5.squareRoot()
        for beside in [1.0, -1] {
            let eigen = try Self.decompose([0, beside, beside, 0], 2)
            let expected = [half, beside * half, half, -beside * half]
            #expect(zip(eigen.vectors, expected).allSatisfy { abs($0 - $1) < 1e-15 })
        }
        #expect(try Self.decompose([-2], 1).vectors == [1])
    }

    @Test func theLowerTriangleCounts() throws {
        let (whole, lower): ([Double], [Double]) = ([2, 1, 1, 3], [2, 7, 1, 3])
        #expect(SymmetricEigen(lower, size: 2)?.vectors == SymmetricEigen(whole, size: 2)?.vectors)
        #expect(SymmetricEigen.values(lower, size: 2) == SymmetricEigen.values(whole, size: 2))
        #expect(SymmetricEigen([2, 1, 7, 3], size: 2)?.values != SymmetricEigen(whole, size: 2)?.values)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity]) func whatIsNotFinite(_ value: Double) {
        for n in [1, 2, 5] {
            for e in 0..<n * n {
                var matrix = Self.random(n)
                #expect(SymmetricEigen(matrix, size: n) != nil)
                matrix[e] = value
                #expect(SymmetricEigen(matrix, size: n) == nil, "element \(e)")
                #expect(SymmetricEigen.values(matrix, size: n) == nil, "element \(e)")
            }
        }
    }

    /// The largest elements and the smallest; a value of n times the largest is none.
    @Test func extremes() throws {
        let n = 4
        for scale in [1e300, 1e-300] {
            let values = try #require(SymmetricEigen(Array(repeating: scale, count: n * n), size: n)?.values)
            #expect(abs(values[0] / (4 * scale) - 1) < 1e-14)
            #expect(values.dropFirst().allSatisfy { abs($0 / scale) < 1e-14 })
        }
        let huge = Array(repeating: Double.greatestFiniteMagnitude, count: n * n)
        #expect(SymmetricEigen(huge, size: n) == nil && SymmetricEigen.values(huge, size: n) == nil)
    }

    /// Threads that compute at the same time, with others' matrices between, find the same bits.
    @Test func bitsDependOnTheMatrixAlone() async throws {
        let sizes = [30, 100, 130]
        let matrices = sizes.map(Self.random)
        let first = try zip(matrices, sizes).map { try #require(SymmetricEigen($0, size: $1)) }
        let alone = zip(matrices, sizes).map { SymmetricEigen.values($0, size: $1) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for round in 0..<6 {
                        let i = (task + round) % sizes.count
                        let again = try #require(SymmetricEigen(matrices[i], size: sizes[i]))
                        let isSame = again.values == first[i].values && again.vectors == first[i].vectors
                        let hasSameValues = SymmetricEigen.values(matrices[i], size: sizes[i]) == alone[i]
                        #expect(isSame && hasSameValues, "\(sizes[i]) rows, task \(task)")
                    }
                }
            }
            try await group.waitForAll()
        }
        // The control: a small change of one element shows.
        var other = matrices[1]
        other[0] += 1e-12
        let hasChanged = SymmetricEigen(other, size: sizes[1])?.vectors != first[1].vectors
        #expect(hasChanged)
    }

    @Test func roomIsLimited() {
        #expect(SymmetricEigen.hasRoom(size: 200))
        #expect(!SymmetricEigen.hasRoom(size: Int(DT_EIGEN_LIMIT) + 1))
    }

    @Test func oneThreadAndTheSameKernelsEverywhere() {
        #expect(SymmetricEigen.values([1], size: 1) == [1])
        #expect(dt_blas_threads() == 1)
        if dt_isa_detect().rawValue >= DT_ISA_AVX2.rawValue {
            #expect(String(cString: dt_blas_kernels()) == "Haswell")
        }
    }
}
