/// Numbers of a step read by name: a view of an array that somebody else keeps, so that it costs what an index does.
///
/// Behind the numbers with names others may stand, which `rest` names.
///
/// Example:
///
///     enum Scalar: Int, ScalarName { case learningRate, momentum }
///     enum Factor: Int, ScalarName { case rate }
///     [0.1, 0.9, 0.05].withUnsafeBufferPointer {
///         let scalars = NamedScalars<Scalar>($0)
///         scalars[.momentum]                        // 0.9
///         scalars.rest(as: Factor.self)[.rate]      // 0.05
///     }
public struct NamedScalars<Name: ScalarName> {
    @usableFromInline let numbers: UnsafeBufferPointer<Double>

    /// How many numbers there are, with names or behind them.
    var count: Int { numbers.count }

    /// A view of numbers that outlive it, in the names' order.
    @inlinable
    public init(_ numbers: UnsafeBufferPointer<Double>) { self.numbers = numbers }

    /// The number of that name.
    ///
    /// - Precondition: there are as many.
    @inlinable
    public subscript(name: Name) -> Double {
        precondition(name.rawValue < numbers.count, "\(name) of only \(numbers.count) numbers")
        return numbers[name.rawValue]
    }

    /// The numbers that stand behind those with names.
    @inlinable
    public var rest: UnsafeBufferPointer<Double> {
        UnsafeBufferPointer(rebasing: numbers.dropFirst(Name.allCases.count))
    }

    /// The numbers that stand behind those with names, under names of their own.
    @inlinable
    public func rest<Next: ScalarName>(as names: Next.Type) -> NamedScalars<Next> { NamedScalars<Next>(rest) }
}
