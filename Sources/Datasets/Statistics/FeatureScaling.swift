import Messages

/// The map from stored features to the model's inputs, made from the training set and stored with the weights, so that
/// other data are scaled alike: x ↦ (x − center)·factor per channel (C) or, if features are whitened, per feature (K),
/// followed by a matrix.
package struct FeatureScaling: Sendable, Hashable, Codable {
    /// The name of the normalization.
    package let normalization: String
    /// The numbers to subtract (C), or (K) before whitening.
    package private(set) var center: [Double]
    /// The numbers to multiply by (C), or (K) before whitening.
    package private(set) var factor: [Double]
    /// The whitening matrix (K, K) from features to outputs, row by row; nil without whitening. It is stored in a
    /// separate file, because it is large.
    package var whitening: [Float]?

    private enum CodingKeys: String, CodingKey {
        case normalization, center, factor
    }

    /// The scaling of a training set's statistics, per channel, or per feature for whitening, whose matrix is still
    /// missing then.
    package init(_ normalization: Normalization, _ statistics: FeatureStatistics) {
        self.normalization = normalization.name
        switch normalization {
        case .none:
            center = Array(repeating: 0, count: statistics.mean.count)
            factor = Array(repeating: 1, count: statistics.mean.count)
        case .minMax(let low, let high):
            let spreads = zip(statistics.maximum, statistics.minimum).map { $0 - $1 }
            let factor = Self.factors(statistics) { (high - low) / spreads[$0] }
            self.factor = factor
            // (x − min)·f + low = (x − (min − low/f))·f.
            center = zip(statistics.minimum, factor).map { $0 - low / $1 }
        case .standardize, .whiten:
            center = statistics.mean
            factor = Self.factors(statistics) { 1 / statistics.deviation[$0] }
        }
    }

    /// The factor of each channel; 1 for a channel that never varies, whose spread is 0, mere rounding, or so small
    /// that its inverse is infinite.
    private static func factors(_ statistics: FeatureStatistics, _ factor: (Int) -> Double) -> [Double] {
        statistics.mean.indices.map { channel in
            let factor = factor(channel)
            return factor.isFinite && !statistics.isConstant(channel) ? factor : 1
        }
    }

    /// The scaling that leaves features as stored; needs no statistics.
    package init(unchanged channels: Int) {
        normalization = Normalization.none.name
        center = Array(repeating: 0, count: channels)
        factor = Array(repeating: 1, count: channels)
    }

    /// The scaling with the features that stand for words left as they are, 0 or 1, unless they are whitened. A word that
    /// no example has, of those that training sees, is 0 to the model: its weights never learned anything.
    ///
    /// - Parameter maximum: The largest value of each feature (K) among these examples.
    package func keepingWords(of layout: DatasetLayout, maximum: [Double]) -> FeatureScaling {
        var scaling = self
        let words = layout.wordColumns ?? []
        let inputs = FeatureInputs(columns: layout.columnCount, words: words)
        for column in words {
            let start = inputs.starts[column.column]
            for feature in start..<start + column.words.count {
                let occurs = maximum[feature] > 0
                if !whitens { scaling.center[feature] = 0 }
                if !whitens || !occurs { scaling.factor[feature] = occurs ? 1 : 0 }
            }
        }
        return scaling
    }

    /// Whether it needs a whitening matrix.
    package var whitens: Bool { normalization == Normalization.whiten().name }

    /// Throws unless there are finite numbers for each channel, or feature, of the data, as there may not be in a file;
    /// `path` is the data's, for the message.
    package func check(_ layout: DatasetLayout, path: String) throws(DataError) {
        let (count, what) = whitens ? (layout.width, "features") : (layout.channels, "channels")
        guard center.count == count, factor.count == count else {
            throw DataError(
                .mismatch, path: path, expected: "\(center.count) \(what), as the saved normalization has",
                found: "\(count)", advice: "use data of the same shape as the training set")
        }
        guard !whitens || whitening?.count == count * count else {
            throw DataError(
                .mismatch, path: path, expected: "a whitening matrix of \(count) x \(count)",
                found: counted(whitening?.count ?? 0, "number"),
                advice: "use the normalization files that training wrote")
        }
        guard center.allSatisfy(\.isFinite), factor.allSatisfy(\.isFinite),
            whitening?.allSatisfy(\.isFinite) ?? true
        else {
            throw DataError(
                .notFinite, path: path, expected: "finite numbers in the saved normalization",
                found: "others", advice: "use the normalization file that training wrote")
        }
    }
}
