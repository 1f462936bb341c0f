import DataParallel

extension RunEvent {
    /// How the finite elements of a parameter, or of its gradient, are spread: the same at any number of ranks.
    public struct Histogram: Sendable, Equatable {
        /// The parameter's name.
        public let name: String
        /// `counts[k]` elements are at least `edges[k - 1]` and below `edges[k]`; the first are below all edges, the last are
        /// not below any.
        public let counts: [Int]
        /// The least and the greatest element; 0 where none is finite.
        public let minimum: Double
        public let maximum: Double
        /// Σ x and Σ x².
        public let sum: Double
        public let sumOfSquares: Double

        /// Where bins meet, in ascending order, the same for all: ±1e-12 · 1.1ᵏ below 1e20, and 0.
        public static var edges: [Double] { ValueBins.standard.edges }
    }

    /// Histograms at the end of an epoch, parameter by parameter.
    public struct Histograms: Sendable, Equatable {
        /// The epoch, from 1, and the steps so far.
        public let epoch: Int
        public let step: Int
        /// Of the weights as they are evaluated.
        public let weights: [Histogram]
        /// Of the gradient by which the epoch's last step changed them, before clipping; none where that changed nothing, or
        /// where the run was gone on with behind it.
        public let gradients: [Histogram]
    }
}

extension RunEvent.Histogram {
    /// A histogram of the parameter of this name.
    init(_ histogram: TensorHistogram, name: String) {
        self.init(
            name: name, counts: histogram.counts, minimum: histogram.minimum, maximum: histogram.maximum,
            sum: histogram.sum, sumOfSquares: histogram.sumOfSquares)
    }
}
