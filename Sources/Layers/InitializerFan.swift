/// Which of a weight's fans an initializer keeps the variance over; raw values are torch's names.
public enum InitializerFan: String, Sendable, Hashable, CaseIterable {
    /// Inputs that an output is made of: variances are kept going forward.
    case fanIn = "fan_in"
    /// Outputs that an input goes into: variances are kept going backward.
    case fanOut = "fan_out"

    /// The fan of a weight of `shape`; at least 1.
    func count(of shape: [Int]) -> Int {
        switch self {
        case .fanIn: max(1, shape.dropFirst().reduce(1, *))
        case .fanOut: max(1, (shape.first ?? 1) * shape.dropFirst(2).reduce(1, *))
        }
    }
}
