/// The mean and the spread of each feature, or channel, that a layer reads, over examples and positions.
package struct LayerMoments: Sendable, Equatable {
    /// The number of values of a channel.
    package private(set) var count: Double
    /// [C]: the means.
    package private(set) var means: [Double]
    /// [C]: the sums of squared deviations from the mean.
    package private(set) var squares: [Double]

    /// The moments of no values.
    package init(width: Int) {
        count = 0
        means = Array(repeating: 0, count: width)
        squares = means
    }

    /// The moments of the values of examples [N, C, positions].
    package init(
        _ values: UnsafePointer<Float>, examples: Int, width: Int, positions: Int
    ) {
        self.init(width: width)
        count = Double(examples * positions)
        guard count > 0 else { return }
        for channel in 0..<width {
            // The mean first: a difference of large sums would have few right digits.
            var sum = 0.0
            for example in 0..<examples {
                let start = (example * width + channel) * positions
                for place in start..<start + positions { sum += Double(values[place]) }
            }
            let mean = sum / count
            var square = 0.0
            for example in 0..<examples {
                let start = (example * width + channel) * positions
                for place in start..<start + positions {
                    let deviation = Double(values[place]) - mean
                    square += deviation * deviation
                }
            }
            means[channel] = mean
            squares[channel] = square
        }
    }

    /// The numbers in one array: count, means, squares.
    var numbers: [Double] { [count] + means + squares }

    /// The moments of `numbers`.
    init(numbers: ArraySlice<Double>, width: Int) {
        count = numbers.first ?? 0
        means = Array(numbers.dropFirst().prefix(width))
        squares = Array(numbers.dropFirst(1 + width))
    }

    /// Adds other values (Chan et al., "Algorithms for computing the sample variance", 1983).
    package mutating func add(_ other: LayerMoments) {
        guard other.count > 0 else { return }
        let total = count + other.count
        for channel in means.indices {
            let difference = other.means[channel] - means[channel]
            means[channel] += difference * other.count / total
            squares[channel] += other.squares[channel] + difference * difference * count * other.count / total
        }
        count = total
    }

    /// How far the distribution has moved to `later`, relative to its spread:
    ///
    ///     √(Σ_c [(μ'_c − μ_c)² + (σ'_c − σ_c)²] / Σ_c σ_c²)
    ///
    /// with mean μ and standard deviation σ of channel c. This is the Wasserstein distance between normal distributions of
    /// these means and independent channels (Givens and Shortt, "A class of Wasserstein metrics for probability
    /// distributions", 1984), in units of the spread. Nil where nothing varies, or numbers are not finite.
    ///
    /// Example: if one channel of mean 0 and deviation 2 comes to a mean of 1, the shift is 1/2.
    package func shift(to later: LayerMoments) -> Double? {
        var (moved, spread) = (0.0, 0.0)
        for channel in means.indices {
            let (old, new) = (squares[channel] / count, later.squares[channel] / later.count)
            let mean = later.means[channel] - means[channel]
            let deviation = new.squareRoot() - old.squareRoot()
            moved += mean * mean + deviation * deviation
            spread += old
        }
        let shift = (moved / spread).squareRoot()
        return shift.isFinite ? shift : nil
    }
}
