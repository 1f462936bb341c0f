/// A type that features are stored in.
protocol StoredScalar: BitwiseCopyable {
    /// The same value in Float64.
    var double: Double { get }
    /// Eight neighbouring values in Float64.
    static func eight(_ values: UnsafePointer<Self>) -> SIMD8<Double>
    /// Whether it is finite and within Float32's range.
    var fitsFloat: Bool { get }
}

extension UInt8: StoredScalar {
    var double: Double { Double(self) }

    var fitsFloat: Bool { true }

    @inline(__always)
    static func eight(_ values: UnsafePointer<UInt8>) -> SIMD8<Double> {
        SIMD8((0..<8).map { Double(values[$0]) })
    }
}

extension Float: StoredScalar {
    var double: Double { Double(self) }

    var fitsFloat: Bool { magnitude <= Float.greatestFiniteMagnitude }

    @inline(__always)
    static func eight(_ values: UnsafePointer<Float>) -> SIMD8<Double> {
        SIMD8(
            Double(values[0]), Double(values[1]), Double(values[2]), Double(values[3]),
            Double(values[4]), Double(values[5]), Double(values[6]), Double(values[7]))
    }
}

extension Double: StoredScalar {
    var double: Double { self }

    var fitsFloat: Bool { magnitude <= Double(Float.greatestFiniteMagnitude) }

    @inline(__always)
    static func eight(_ values: UnsafePointer<Double>) -> SIMD8<Double> {
        SIMD8(
            values[0], values[1], values[2], values[3], values[4], values[5], values[6], values[7])
    }
}
