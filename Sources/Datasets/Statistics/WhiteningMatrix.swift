import Messages
import Spectrum

/// Makes and arranges whitening matrices (K, K), from standardized features to outputs.
package enum WhiteningMatrix {
    /// U·Λ^(−1/2) row by row, with eigenvalues of at least `eps`; throws if the correlations have no eigenvalues or
    /// there is no memory to compute them. `name` is the data set's, for the message.
    package static func make(
        correlations: [Double], size k: Int, eps: Double, name: String
    ) throws(DataError) -> [Float] {
        guard SymmetricEigen.hasRoom(size: k) else {
            throw DataError(
                .memory, path: name, expected: "memory to whiten \(counted(k, "feature"))", found: "less",
                advice: "allow more (ulimit -v) or set data.normalize to standardize",
                problem: "there is no memory to whiten \(counted(k, "feature"))")
        }
        guard let eigen = SymmetricEigen(correlations, size: k) else {
            throw DataError(
                .notFinite, path: name, expected: "correlations with eigenvalues", found: "none",
                advice: "set data.normalize to standardize")
        }
        let scales = eigen.values.map { 1 / max($0, eps).squareRoot() }
        return (0..<k * k).map { i in Float(eigen.vectors[i % k * k + i / k] * scales[i % k]) }
    }

    /// The matrix in strips of 16 outputs, with zeros after the last, as the kernel reads it.
    static func strips(_ matrix: [Float], size k: Int) -> [Float] {
        precondition(matrix.count == k * k, "\(matrix.count) elements of \(k) x \(k)")
        var strips = Array(repeating: Float(0), count: (k + 15) / 16 * 16 * k)
        for feature in 0..<k {
            for output in 0..<k {
                strips[(output / 16 * k + feature) * 16 + output % 16] = matrix[feature * k + output]
            }
        }
        return strips
    }
}
