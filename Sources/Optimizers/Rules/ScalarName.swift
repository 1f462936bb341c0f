/// The names of the numbers that an update rule gets with a step, in the order of the array that holds them.
///
/// That array travels between ranks and is saved in checkpoints, so the order is part of the file format.
///
/// Example:
///
///     enum Scalar: Int, ScalarName { case learningRate, isFirstStep }
///     let numbers = Scalar.values([.isFirstStep: 1, .learningRate: 0.1])   // [0.1, 1]
///     numbers[Scalar.isFirstStep]                                          // 1
public protocol ScalarName: RawRepresentable<Int>, CaseIterable, Sendable {}

extension ScalarName {
    /// An array of one number for each name, in the names' order.
    ///
    /// - Precondition: every name is given once, and raw values count from 0.
    public static func values(_ named: KeyValuePairs<Self, Double>) -> [Double] {
        var numbers = [Double?](repeating: nil, count: allCases.count)
        for (name, number) in named {
            precondition(numbers.indices.contains(name.rawValue), "raw value \(name.rawValue) of \(name)")
            precondition(numbers[name.rawValue] == nil, "\(name) is given twice")
            numbers[name.rawValue] = number
        }
        let given = numbers.compactMap { $0 }
        precondition(
            given.count == numbers.count, "of \(numbers.count) numbers, only \(given.count) are given")
        return given
    }
}

/// The names of an empty list of numbers.
public enum NoScalar: ScalarName {
    public var rawValue: Int {
        switch self {}
    }

    public init?(rawValue: Int) { nil }
}

extension [Double] {
    /// The number with this name, in an array that starts with one number for each name.
    public subscript(name: some ScalarName) -> Double {
        get { self[name.rawValue] }
        set { self[name.rawValue] = newValue }
    }
}
