/// Some features have a range of a hundred times that of others, and nothing scales them: the loss is steep along the
/// weights of the one and flat along those of the other.
struct UnlikeScales: FindingRule {
    static let name = Finding.Name.unlikeScales

    /// The ratio of ranges: curvature, and with it the rate that a weight needs, goes with its square.
    static let ratio = 100.0

    func finding(in measured: Measurements) -> Finding? {
        guard let scales = measured.scales, !measured.setup.normalizesInputs,
            !["standardize", "min_max", "whiten"].contains(measured.setup.normalization),
            scales.largest.range >= Self.ratio * scales.small.range
        else { return nil }
        return found(
            "of \(scales.count) features, \(scales.largest.name) spans \(text(scales.largest.range)) and \(scales.small.name) \(text(scales.small.range)), a ratio of \(text(scales.largest.range / scales.small.range)), and nothing scales them",
            key: "data.normalize")
    }
}
