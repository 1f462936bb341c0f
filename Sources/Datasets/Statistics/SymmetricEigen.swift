/// The eigenvalues and eigenvectors of a real symmetric matrix, in Float64.
///
/// Householder reflections make it tridiagonal, implicitly shifted QL makes that diagonal (Golub and Van Loan, "Matrix
/// Computations", sections 8.3.1 and 8.3.3). One order of operations, so the same bits in every process. O(n³): about a
/// second for n = 784.
package struct SymmetricEigen: Sendable {
    /// The eigenvalues λ, from the largest to the smallest.
    package private(set) var values: [Double]
    /// The unit eigenvectors as rows (n, n), in the order of their values; the component of the largest magnitude, the
    /// first of equal ones, is positive.
    package private(set) var vectors: [Double]

    /// Decomposes A (n, n), of which the lower triangle is read; nil if it does not converge, as with NaN.
    package init?(_ matrix: [Double], size n: Int) {
        precondition(n > 0 && matrix.count == n * n, "\(matrix.count) elements of \(n) x \(n)")
        var reduced = matrix
        var diagonal = Array(repeating: 0.0, count: n)
        // Element i stands between rows i and i + 1.
        var beside = Array(repeating: 0.0, count: n)
        var basis = Array(repeating: 0.0, count: n * n)
        Self.tridiagonalize(&reduced, n, &diagonal, &beside, &basis)
        guard Self.diagonalize(&diagonal, &beside, &basis, n) else { return nil }
        let order = (0..<n).sorted { diagonal[$0] != diagonal[$1] ? diagonal[$0] > diagonal[$1] : $0 < $1 }
        values = order.map { diagonal[$0] }
        vectors = []
        vectors.reserveCapacity(n * n)
        for row in order {
            let vector = basis[row * n..<(row + 1) * n]
            var largest = 0.0
            for component in vector where component.magnitude > largest.magnitude { largest = component }
            vectors += largest < 0 ? vector.map { -$0 } : Array(vector)
        }
    }

    /// A = Q·T·Qᵀ with T tridiagonal; leaves Qᵀ in `basis`. Row i from the last to the second is reflected to a multiple
    /// of its last element by I − β·v·vᵀ, and v is kept in its place.
    private static func tridiagonalize(
        _ matrix: inout [Double], _ n: Int, _ diagonal: inout [Double], _ beside: inout [Double],
        _ basis: inout [Double]
    ) {
        var scales = Array(repeating: 0.0, count: n)
        var products = Array(repeating: 0.0, count: n)
        matrix.withUnsafeMutableBufferPointer { matrix in
            products.withUnsafeMutableBufferPointer { products in
                guard let a = matrix.baseAddress, let p = products.baseAddress else { return }
                for i in stride(from: n - 1, through: 1, by: -1) {
                    let v = a + i * n
                    let rest = dot(v, v, i - 1)
                    let last = v[i - 1]
                    if rest == 0 {
                        beside[i - 1] = last
                        continue
                    }
                    let norm = (rest + last * last).squareRoot()
                    let image = last > 0 ? -norm : norm
                    beside[i - 1] = image
                    v[i - 1] = last - image
                    let scale = 2 / (rest + v[i - 1] * v[i - 1])
                    scales[i] = scale
                    // p = β·A·v from the lower triangle, whose rows are read once.
                    p.update(repeating: 0, count: i)
                    for row in 0..<i {
                        let elements = a + row * n
                        p[row] += dot(elements, v, row) + elements[row] * v[row]
                        add(elements, times: v[row], to: p, row)
                    }
                    for row in 0..<i { p[row] *= scale }
                    // w = p − (β/2·vᵀp)·v, then A ← A − v·wᵀ − w·vᵀ.
                    add(v, times: -(scale / 2 * dot(v, p, i)), to: p, i)
                    for row in 0..<i {
                        add(p, times: -v[row], to: a + row * n, row + 1)
                        add(v, times: -p[row], to: a + row * n, row + 1)
                    }
                }
                for i in 0..<n {
                    diagonal[i] = a[i * n + i]
                    basis[i * n + i] = 1
                }
                basis.withUnsafeMutableBufferPointer { basis in
                    guard let q = basis.baseAddress else { return }
                    for i in 1..<max(1, n) where scales[i] != 0 {
                        let v = a + i * n
                        for row in 0..<i {
                            add(v, times: -(scales[i] * dot(q + row * n, v, i)), to: q + row * n, i)
                        }
                    }
                }
            }
        }
    }

    /// Turns the rows of `basis` into eigenvectors of the tridiagonal matrix's; false if it does not converge.
    private static func diagonalize(
        _ d: inout [Double], _ e: inout [Double], _ basis: inout [Double], _ n: Int
    ) -> Bool {
        basis.withUnsafeMutableBufferPointer { basis in
            guard let z = basis.baseAddress else { return false }
            for l in 0..<n {
                var sweeps = 0
                while true {
                    var m = l
                    while m < n - 1,
                        !(e[m].magnitude <= Double.ulpOfOne * (d[m].magnitude + d[m + 1].magnitude))
                    {
                        m += 1
                    }
                    if m == l { break }
                    sweeps += 1
                    guard sweeps <= 60 else { return false }
                    sweep(&d, &e, z, n, from: l, to: m)
                }
            }
            return d.allSatisfy(\.isFinite)
        }
    }

    /// One implicit QL sweep over rows l...m with Wilkinson's shift.
    private static func sweep(
        _ d: inout [Double], _ e: inout [Double], _ z: UnsafeMutablePointer<Double>, _ n: Int, from l: Int,
        to m: Int
    ) {
        var g = (d[l + 1] - d[l]) / (2 * e[l])
        let root = (g * g + 1).squareRoot()
        g = d[m] - d[l] + e[l] / (g + (g < 0 ? -root : root))
        var (sine, cosine, shift) = (1.0, 1.0, 0.0)
        for i in stride(from: m - 1, through: l, by: -1) {
            let f = sine * e[i]
            let b = cosine * e[i]
            let r = (f * f + g * g).squareRoot()
            e[i + 1] = r
            if r == 0 {
                d[i + 1] -= shift
                e[m] = 0
                return
            }
            sine = f / r
            cosine = g / r
            g = d[i + 1] - shift
            let t = (d[i] - g) * sine + 2 * cosine * b
            shift = sine * t
            d[i + 1] = g + shift
            g = cosine * t - b
            rotate(z + i * n, z + (i + 1) * n, n, cosine, sine)
        }
        d[l] -= shift
        e[l] = g
        e[m] = 0
    }

    private static func rotate(
        _ a: UnsafeMutablePointer<Double>, _ b: UnsafeMutablePointer<Double>, _ count: Int, _ cosine: Double,
        _ sine: Double
    ) {
        for k in 0..<count {
            let (x, y) = (a[k], b[k])
            b[k] = sine * x + cosine * y
            a[k] = cosine * x - sine * y
        }
    }

    /// Σ a·b over eight lanes, folded in one order.
    private static func dot(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int) -> Double {
        var lanes = SIMD8<Double>.zero
        var i = 0
        while i + 8 <= count {
            lanes += Double.eight(a + i) * Double.eight(b + i)
            i += 8
        }
        let four = lanes.lowHalf + lanes.highHalf
        let two = four.lowHalf + four.highHalf
        var sum = two.x + two.y
        while i < count {
            sum += a[i] * b[i]
            i += 1
        }
        return sum
    }

    /// y ← y + x·factor.
    private static func add(
        _ x: UnsafePointer<Double>, times factor: Double, to y: UnsafeMutablePointer<Double>, _ count: Int
    ) {
        for i in 0..<count { y[i] += x[i] * factor }
    }
}
