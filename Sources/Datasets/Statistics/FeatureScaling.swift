/// The map from stored features to what the model sees, x ↦ (x − center)·factor per channel (C), made from
/// the training set and kept beside the weights, so that other data is scaled alike.
package struct FeatureScaling: Sendable, Hashable, Codable {
    /// The rule it was made by.
    package let normalization: Normalization
    /// What is taken away (C).
    package let center: [Double]
    /// What is multiplied by (C).
    package let factor: [Double]

    /// The scaling of a training set's statistics. A channel that never varies gets factor 1, so it becomes
    /// 0.
    package init(_ normalization: Normalization, _ statistics: FeatureStatistics) {
        self.normalization = normalization
        switch normalization {
        case .none:
            center = Array(repeating: 0, count: statistics.mean.count)
            factor = Array(repeating: 1, count: statistics.mean.count)
        case .minMax:
            center = statistics.minimum
            factor = zip(statistics.maximum, statistics.minimum).map { Self.inverse($0 - $1) }
        case .standardize:
            center = statistics.mean
            factor = statistics.deviation.map(Self.inverse)
        }
    }

    /// The scaling that leaves features as stored; needs no statistics.
    package init(unchanged channels: Int) {
        normalization = .none
        center = Array(repeating: 0, count: channels)
        factor = Array(repeating: 1, count: channels)
    }

    /// Throws unless it has one finite center and factor for each channel of the data, as a scaling read from
    /// a file might not; `path` is the data's, for the message.
    package func check(_ layout: DatasetLayout, path: String) throws(DataError) {
        guard center.count == layout.channels, factor.count == layout.channels else {
            throw DataError(
                .mismatch, path: path, expected: "\(center.count) channels, as the saved normalization has",
                found: "\(layout.channels)", advice: "use data of the same shape as the training set")
        }
        guard center.allSatisfy(\.isFinite), factor.allSatisfy(\.isFinite) else {
            throw DataError(
                .notFinite, path: path, expected: "finite numbers in the saved normalization",
                found: "others", advice: "use the normalization file that training wrote")
        }
    }

    private static func inverse(_ spread: Double) -> Double {
        let inverse = 1 / spread
        // A spread of 0, or one so small that its inverse is no number, counts as none.
        return inverse.isFinite ? inverse : 1
    }
}
