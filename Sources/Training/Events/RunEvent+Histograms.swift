import DataParallel

extension RunEvent {
    /// The distribution of the finite elements of a parameter or of its gradient; the same at any number of ranks.
    public struct Histogram: Sendable, Equatable {
        /// The parameter's name.
        public let name: String
        /// `counts[k]` elements are at least `edges[k - 1]` and below `edges[k]`. The first count has no lower edge,
        /// the last no upper one.
        public let counts: [Int]
        /// The smallest and the largest element; 0 if none is finite.
        public let minimum: Double
        public let maximum: Double
        /// Σ x and Σ x².
        public let sum: Double
        public let sumOfSquares: Double

        /// The edges between bins, ascending, the same for all histograms: ±1e-12 · 1.1ᵏ below 1e20, and 0.
        public static var edges: [Double] { ValueBins.standard.edges }
    }

    /// Histograms of all parameters at the end of an epoch.
    public struct Histograms: Sendable, Equatable {
        /// The epoch, from 1, and the number of steps so far.
        public let epoch: Int
        public let step: Int
        /// The histograms of the weights that are evaluated.
        public let weights: [Histogram]
        /// The histograms of the gradient of the epoch's last step, before clipping. Empty if that step changed
        /// nothing, or if the run was resumed after it.
        public let gradients: [Histogram]
    }
}

extension RunEvent.Histogram {
    /// The histogram under the name of its parameter.
    init(_ histogram: TensorHistogram, name: String) {
        self.init(
            name: name, counts: histogram.counts, minimum: histogram.minimum, maximum: histogram.maximum,
            sum: histogram.sum, sumOfSquares: histogram.sumOfSquares)
    }
}
