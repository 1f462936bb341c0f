import Randomness

/// Matrices with orthonormal rows or columns, as torch.nn.init.orthogonal_ makes them.
enum OrthogonalMatrix {
    private typealias Lanes = SIMD8<Double>

    /// gain · Q · sign(diag R) of the QR decomposition of a matrix of standard normal numbers, element by element. The
    /// vectors along the longer side are orthonormal. O(longer · shorter²).
    ///
    /// The Gram-Schmidt method makes the diagonal of R positive by itself; done twice it leaves the vectors orthogonal
    /// to Float64's rounding (Giraud et al. 2005).
    static func values(shape: [Int], gain: Double, random: CounterRandom) -> [Float] {
        let rows = shape.first ?? 1
        let columns = shape.dropFirst().reduce(1, *)
        let (count, length) = (min(rows, columns), max(rows, columns))
        func place(_ vector: Int, _ element: Int) -> Int {
            rows < columns ? vector * columns + element : element * columns + vector
        }
        var vectors: [[Lanes]] = []
        for vector in 0..<count {
            // The elements that fill the last lanes are 0 and change no product.
            var x = Array(repeating: Lanes(repeating: 0), count: (length + 7) / 8)
            for element in 0..<length {
                x[element / 8][element % 8] = random.normal(at: UInt64(place(vector, element)))
            }
            for _ in 0..<2 {
                for known in vectors { subtract(product(x, known), known, from: &x) }
            }
            let norm = product(x, x).squareRoot()
            for lane in x.indices { x[lane] /= norm }
            vectors.append(x)
        }
        var values = Array(repeating: Float(0), count: rows * columns)
        for (vector, x) in vectors.enumerated() {
            for element in 0..<length {
                values[place(vector, element)] = Float(gain * x[element / 8][element % 8])
            }
        }
        return values
    }

    private static func product(_ a: [Lanes], _ b: [Lanes]) -> Double {
        var sum = Lanes(repeating: 0)
        for lane in a.indices { sum += a[lane] * b[lane] }
        return sum.sum()
    }

    private static func subtract(_ factor: Double, _ b: [Lanes], from a: inout [Lanes]) {
        for lane in a.indices { a[lane] -= factor * b[lane] }
    }
}
