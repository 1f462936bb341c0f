import CLAPACK

/// The eigenvalues and eigenvectors of a real symmetric matrix, in Float64.
///
/// LAPACK's divide and conquer on one thread, with the same kernels on every processor, gives the same bits in every
/// process (Golub and Van Loan, "Matrix Computations", sections 8.3 and 8.4). O(n³): 0.12 s for n = 784, 6 s for n =
/// 3,072.
package struct SymmetricEigen: Sendable {
    /// The eigenvalues λ in descending order.
    package let values: [Double]
    /// The unit eigenvectors as rows (n, n), in the order of `values`. In each, the first of the components with the
    /// largest magnitude is positive.
    package let vectors: [Double]

    /// Decomposes A (n, n), of which only the lower triangle is read; nil if the iteration does not converge, or an
    /// element or eigenvalue is not finite.
    package init?(_ matrix: [Double], size n: Int) {
        guard var (values, rows) = Self.solve(matrix, n, dt_symmetric_eigen) else { return nil }
        values.reverse()
        for row in 0..<n / 2 {
            for k in 0..<n { rows.swapAt(row * n + k, (n - 1 - row) * n + k) }
        }
        for start in stride(from: 0, to: n * n, by: n) {
            var largest = 0.0
            for component in rows[start..<start + n] where component.magnitude > largest.magnitude {
                largest = component
            }
            if largest < 0 {
                for k in start..<start + n { rows[k].negate() }
            }
        }
        self.values = values
        vectors = rows
    }

    /// Only the eigenvalues of A, in descending order, in a fraction of the time; nil as for `init`. They may differ
    /// from those of `init` in the last bits.
    package static func values(_ matrix: [Double], size n: Int) -> [Double]? {
        solve(matrix, n, dt_symmetric_eigenvalues).map { $0.values.reversed() }
    }

    /// x of least norm among those that make ‖b − Ax‖ least, for b (n): A⁻¹b where A has an inverse.
    ///
    /// - Parameter share: The part of the largest |λ| below which an eigenvalue counts as 0.
    package func solve(_ right: [Double], share: Double) -> [Double] {
        let n = values.count
        precondition(right.count == n, "\(right.count) elements for \(n) rows")
        let least = share * (values.lazy.map(abs).max() ?? 0)
        var solution = Array(repeating: 0.0, count: n)
        for (row, value) in values.enumerated() where abs(value) > least {
            let vector = vectors[row * n..<(row + 1) * n]
            let part = zip(vector, right).reduce(0) { $0 + $1.0 * $1.1 } / value
            for (place, element) in vector.enumerated() { solution[place] += part * element }
        }
        return solution
    }

    /// Whether there is memory to decompose a matrix (n, n); without it a decomposition traps. It takes 16 n² bytes
    /// besides the matrix, and the first one 128 MiB of address space more.
    package static func hasRoom(size n: Int) -> Bool {
        n <= Int(DT_EIGEN_LIMIT) && dt_symmetric_eigen_has_room(Int32(n))
    }

    /// The result of a LAPACK function for A: ascending eigenvalues, and what A was overwritten with.
    private static func solve(
        _ matrix: [Double], _ n: Int,
        _ function: (Int32, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>) -> Int32
    ) -> (values: [Double], matrix: [Double])? {
        precondition(n > 0 && matrix.count == n * n, "\(matrix.count) elements of \(n) x \(n)")
        precondition(n <= Int(DT_EIGEN_LIMIT), "\(n) rows of at most \(DT_EIGEN_LIMIT)")
        guard matrix.allSatisfy(\.isFinite) else { return nil }
        var (overwritten, values) = (matrix, Array(repeating: 0.0, count: n))
        let info = function(Int32(n), &overwritten, &values)
        precondition(info != DT_LAPACK_MEMORY, "no memory for the eigenvalues of \(n) x \(n)")
        precondition(info >= 0, "LAPACK refuses argument \(-info) for \(n) x \(n)")
        // Large finite elements may have an eigenvalue beyond Float64.
        guard info == 0, values.allSatisfy(\.isFinite) else { return nil }
        return (values, overwritten)
    }
}
