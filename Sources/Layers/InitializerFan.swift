/// The count of connections by which an initializer scales a weight; raw values are torch's names.
public enum InitializerFan: String, Sendable, Hashable, CaseIterable {
    /// The number of inputs of each output: keeps the variance of values going forward.
    case fanIn = "fan_in"
    /// The number of outputs that each input goes into: keeps the variance of gradients going backward.
    case fanOut = "fan_out"

    /// The fan of a weight of `shape`; at least 1.
    func count(of shape: [Int]) -> Int {
        switch self {
        case .fanIn: max(1, shape.dropFirst().reduce(1, *))
        case .fanOut: max(1, (shape.first ?? 1) * shape.dropFirst(2).reduce(1, *))
        }
    }
}
