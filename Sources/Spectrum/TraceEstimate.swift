/// An estimate of the trace of H by Hutch++ (Meyer, Musco, Musco and Woodruff, "Hutch++: Optimal Stochastic Trace
/// Estimation", SOSA 2021): exact on the range of H · S for a random S, sampled on its orthogonal complement.
package struct TraceEstimate: Sendable, Equatable {
    /// The estimated trace.
    package let value: Double
    /// Its standard error; 0 if the range is the whole space, and also if there is a single sample.
    package let error: Double

    /// Estimates the trace with `products` products, a third of them for each of the three parts: the range, the trace
    /// on it, and the samples.
    ///
    /// - Parameter start: The number of the first random vector.
    package init<Space: KrylovSpace>(of space: Space, products: Int, start: Int) throws {
        let third = max(1, min(products / 3, space.dimension))
        var range: [Space.BasisVector] = []
        for number in 0..<third {
            let probe = try space.normal(start + number)
            let image = try space.product(space.basisVector(probe, times: 1))
            let before = try space.squaredNorm(image).squareRoot()
            guard before.isFinite else { throw SpectrumError.notFinite }
            _ = try space.orthogonalize(image, against: range)
            let norm = try space.squaredNorm(image).squareRoot()
            // An image that lies in the range already adds no vector.
            guard norm > 1e-6 * before else { continue }
            range.append(try space.basisVector(image, times: 1 / norm))
        }
        var sum = 0.0
        for vector in range { sum += try space.dots([vector], space.product(vector))[0] }
        guard range.count < space.dimension else {
            (value, error) = (sum, 0)
            return
        }
        var samples: [Double] = []
        for number in 0..<third {
            let probe = try space.normal(start + third + number)
            _ = try space.orthogonalize(probe, against: range)
            let vector = try space.basisVector(probe, times: 1)
            samples.append(try space.dots([vector], space.product(vector))[0])
        }
        let mean = samples.reduce(0, +) / Double(samples.count)
        let squares = samples.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        value = sum + mean
        error =
            samples.count > 1 ? (squares / Double(samples.count - 1) / Double(samples.count)).squareRoot() : 0
    }
}
