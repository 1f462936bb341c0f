/// The numbers of a step, read by name: a view of an array that the caller keeps, as cheap as an index.
///
/// The array may hold more numbers after those with names; `rest` gives them.
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

    /// The count of all numbers, with names or after them.
    var count: Int { numbers.count }

    /// A view of `numbers`, which must outlive it, in the order of the names.
    @inlinable
    public init(_ numbers: UnsafeBufferPointer<Double>) { self.numbers = numbers }

    /// The number with this name.
    ///
    /// - Precondition: the array is long enough.
    @inlinable
    public subscript(name: Name) -> Double {
        precondition(name.rawValue < numbers.count, "\(name) of only \(numbers.count) numbers")
        return numbers[name.rawValue]
    }

    /// The numbers after those with names.
    @inlinable
    public var rest: UnsafeBufferPointer<Double> {
        UnsafeBufferPointer(rebasing: numbers.dropFirst(Name.allCases.count))
    }

    /// The numbers after those with names, under the names `Next`.
    @inlinable
    public func rest<Next: ScalarName>(as names: Next.Type) -> NamedScalars<Next> { NamedScalars<Next>(rest) }
}
