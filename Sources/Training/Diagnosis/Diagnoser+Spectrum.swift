import Cluster
import DataParallel
import Spectrum

/// The eigenvalues of the Hessian where the parameters stand.
extension Diagnoser {
    /// Whether all eigenvalues are computed; throws if that was asked for and there are too many.
    func chooseDense(_ dimension: Int) throws -> Bool {
        let most = 10_000
        if options.isDense == true, dimension > most {
            throw TrainingError(
                .configuration,
                "all eigenvalues of \(dimension) parameters are too many, at most \(most) can be had: leave out --dense"
            )
        }
        let isCheap =
            dimension <= Self.cheapDimension
            && dimension * objective.count <= Self.cheapElements
        return options.isDense ?? isCheap
    }

    /// Parameters, and parameters times examples, up to which all eigenvalues are computed unless told otherwise: minutes of
    /// work at the most.
    static let (cheapDimension, cheapElements) = (2_000, 40_000_000)

    /// Throws unless rank 0 has memory to decompose a matrix (size, size); collective.
    func requireRoom(forEigenvectorsOf size: Int) throws {
        try cluster.agree(
            Result {
                guard cluster.rank != 0 || SymmetricEigen.hasRoom(size: size) else {
                    throw ResourceError(
                        "there is no memory for the eigenvectors of a matrix of \(size) rows: allow more (ulimit -v), or leave out --dense"
                    )
                }
            })
    }

    /// All eigenvalues, and the vectors of those at the ends; collective.
    func denseSpectrum(_ space: HessianSpace) throws -> FoundSpectrum {
        let dimension = space.dimension
        let matrix = try space.matrix()
        let packed = try space.decided {
            guard let matrix, let eigen = SymmetricEigen(matrix, size: dimension) else { return nil }
            let wanted = min(options.eigenvalues, dimension)
            let rows = Array(0..<wanted) + Array((dimension - wanted)..<dimension)
            return eigen.values
                + rows.flatMap { eigen.vectors[$0 * dimension..<($0 + 1) * dimension] }
        }
        guard let packed else { throw SpectrumError.notFinite }
        let wanted = min(options.eigenvalues, dimension)
        func vector(_ row: Int) throws -> SlicedVector<Float> {
            let first = dimension + row * dimension
            return try space.vector(packed[first..<first + dimension])
        }
        var found = FoundSpectrum(
            all: Array(packed[..<dimension].reversed()),
            lowest: try (0..<wanted).map { try vector(2 * wanted - 1 - $0) },
            highest: try (0..<wanted).map(vector))
        found.dimension = dimension
        found.isComplete = true
        return found
    }

    /// An estimate of the spectrum by Lanczos's method; collective.
    func krylovSpectrum(_ space: HessianSpace) throws -> FoundSpectrum {
        let wanted = min(options.eigenvalues, max(1, space.dimension / 2))
        let room = max(Self.fewestVectors, Self.basisBytes(space.dimension) / (4 * space.dimension))
        var lanczos = try Lanczos(
            space, capacity: max(min(room, options.products), min(4 * wanted, space.dimension), 4))
        let most = options.products + 30 * (wanted - 1)
        while lanczos.products < most, !lanczos.isComplete {
            try lanczos.step()
            let isDue = lanczos.products >= Self.fewestProducts && lanczos.products % 5 == 0
            if lanczos.isInvariant, wanted == 1 { break }
            if isDue, try isConverged(lanczos, wanted) { break }
        }
        let ritz = try lanczos.ritzValues()
        let places = Array(0..<wanted) + Array((ritz.count - wanted)..<ritz.count)
        let vectors = try lanczos.ritzVectors(places.map { min(max(0, $0), ritz.count - 1) })
        var found = FoundSpectrum(
            lowest: Array(vectors[..<wanted]), highest: vectors[wanted...].reversed())
        found.tridiagonal = lanczos.tridiagonal
        found.isComplete = lanczos.isInvariant
        found.ritz = ritz.map(\.value)
        found.dimension = space.dimension
        if lanczos.isComplete { found.all = ritz.map(\.value) }
        return found
    }

    /// The fewest vectors that a basis holds, however large they are.
    static let fewestVectors = 10
    /// The fewest products, which the density is made of.
    private static let fewestProducts = 30

    /// The bytes that a basis may take on a single rank: twice those of weights, gradients and their sums in training,
    /// and 64 MiB for small models. Results depend on it, so it must not depend on the number of ranks.
    static func basisBytes(_ dimension: Int) -> Int { 2 * 3 * 4 * dimension + 64 << 20 }

    private func isConverged(_ lanczos: Lanczos<HessianSpace>, _ wanted: Int) throws -> Bool {
        let ritz = try lanczos.ritzValues()
        guard let low = ritz.first, let high = ritz.last, ritz.count > 2 * wanted else { return false }
        let limit = 1e-4 * max(abs(low.value), abs(high.value))
        return (ritz.prefix(wanted) + ritz.suffix(wanted)).allSatisfy { $0.residual <= limit }
    }

    /// The eigenvalues at both ends, computed from their vectors, and the error of products with these vectors.
    func measure(
        _ found: FoundSpectrum, in space: HessianSpace, at point: ParameterPoint
    ) throws -> Ends {
        func measured(_ vector: SlicedVector<Float>) throws -> (Diagnosis.Eigenvalue, SlicedVector<Double>) {
            let image = try space.product(vector)
            let square = try vector.squaredNorm()
            let value = try image.dot(vector) / square
            let rest = try image.rounded().widened()
            rest.add(vector, times: -value)
            return (
                Diagnosis.Eigenvalue(
                    value: value, residual: try (rest.squaredNorm() / square).squareRoot()), image
            )
        }
        let lowest = try found.lowest.map(measured)
        let highest = try found.highest.map(measured)
        let (u, w) = (found.lowest[0], found.highest[0])
        let (hu, hw) = (lowest[0].1, highest[0].1)
        let asymmetry = abs(try hw.dot(u) - hu.dot(w))
        try point.shake(seed: options.seed)
        var error = asymmetry
        for (vector, image) in [(u, hu), (w, hw)] {
            let other = try space.product(vector)
            other.add(image, times: -1)
            error = max(error, abs(try other.dot(vector)))
        }
        try point.restore()
        return Ends(
            largest: highest.map(\.0), smallest: lowest.map(\.0), lowest: u, error: error, highest: w)
    }

    /// gᵀHg.
    func curvature(
        along gradient: SlicedVector<Double>, norm: Double, in space: HessianSpace
    ) throws -> Double? {
        guard norm > 0 else { return 0 }
        let unit = try gradient.rounded(times: 1 / norm)
        return try space.product(unit).dot(unit) * norm * norm
    }

    /// The trace from products with random vectors; collective.
    func estimatedTrace(_ space: HessianSpace) throws -> (value: Double, error: Double) {
        let estimate = try TraceEstimate(of: space, products: 30, start: 1000)
        return (estimate.value, estimate.error)
    }
}
