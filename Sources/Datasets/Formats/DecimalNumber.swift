/// Reads decimal numbers as data files write them: a sign, digits with or without a point, an exponent.
enum DecimalNumber {
    /// Why a text is not a usable number.
    enum Failure: Error, Equatable {
        /// The text is not a decimal number.
        case text
        /// It is NaN or infinite.
        case notFinite
        /// It is beyond Float32's range.
        case tooLarge
    }

    /// The whole text as the nearest Float32.
    static func float(_ text: UnsafeRawBufferPointer) throws(Failure) -> Float {
        let parts = try parts(text)
        let magnitude = near(parts.mantissa, parts.exponent) ?? exact(text, as: Float.self)
        guard magnitude.isFinite else { throw .tooLarge }
        return parts.isNegative ? -magnitude : magnitude
    }

    /// The whole text as the nearest Float64; like `float`, refuses numbers beyond Float32's range.
    static func double(_ text: UnsafeRawBufferPointer) throws(Failure) -> Double {
        let parts = try parts(text)
        let magnitude: Double
        if parts.isComplete, parts.mantissa <= 1 << 53, parts.exponent.magnitude < powers.count {
            // Both factors are exact, so there is only one rounding (Clinger, 1990).
            let power = powers[Int(parts.exponent.magnitude)]
            magnitude =
                parts.exponent < 0 ? Double(parts.mantissa) / power : Double(parts.mantissa) * power
        } else {
            magnitude = exact(text, as: Double.self)
        }
        guard Float(magnitude).isFinite else { throw .tooLarge }
        return parts.isNegative ? -magnitude : magnitude
    }

    /// The number of digits from the first to the last that is not 0, without those of an exponent; unspecified for a
    /// text that is not a number.
    static func significantDigits(_ text: UnsafeRawBufferPointer) -> Int {
        var (count, zeros) = (0, 0)
        for byte in text {
            let digit = byte &- UInt8(ascii: "0")
            if digit == 0 {
                zeros += count > 0 ? 1 : 0
            } else if digit < 10 {
                count += zeros + 1
                zeros = 0
            } else if byte | 0x20 == UInt8(ascii: "e") {
                break
            }
        }
        return count
    }

    /// A text's sign, its first 19 significant digits as a whole number, and the power of ten to multiply by.
    private struct Parts {
        var isNegative = false
        var mantissa: UInt64 = 0
        var exponent = 0
        /// Whether all significant digits are in it.
        var isComplete = true
    }

    @inline(__always)
    private static func parts(_ text: UnsafeRawBufferPointer) throws(Failure) -> Parts {
        var at = 0
        var parts = Parts()
        if at < text.count, text[at] == UInt8(ascii: "-") || text[at] == UInt8(ascii: "+") {
            parts.isNegative = text[at] == UInt8(ascii: "-")
            at += 1
        }
        var significant = 0
        var digits = 0
        var hasPoint = false
        while at < text.count {
            let digit = text[at] &- UInt8(ascii: "0")
            if digit < 10 {
                digits += 1
                if significant < 19 {
                    parts.mantissa = parts.mantissa &* 10 &+ UInt64(digit)
                    if parts.mantissa > 0 { significant += 1 }
                    if hasPoint { parts.exponent -= 1 }
                } else {
                    parts.isComplete = false
                    if !hasPoint { parts.exponent += 1 }
                }
            } else if text[at] == UInt8(ascii: "."), !hasPoint {
                hasPoint = true
            } else {
                break
            }
            at += 1
        }
        guard digits > 0 else { throw wordFailure(text) }
        if at < text.count, text[at] | 0x20 == UInt8(ascii: "e") {
            at += 1
            parts.exponent += try power(text, &at)
        }
        guard at == text.count else { throw .text }
        return parts
    }

    /// The whole text as an Int; nil if it is anything else or Int cannot hold it.
    static func whole(_ text: UnsafeRawBufferPointer) -> Int? {
        var at = 0
        var isNegative = false
        if at < text.count, text[at] == UInt8(ascii: "-") || text[at] == UInt8(ascii: "+") {
            isNegative = text[at] == UInt8(ascii: "-")
            at += 1
        }
        guard at < text.count else { return nil }
        var value = 0
        while at < text.count {
            let digit = text[at] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (tens, over) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int(digit))
            guard !over, !carry else { return nil }
            value = sum
            at += 1
        }
        return isNegative ? -value : value
    }

    private static func power(_ text: UnsafeRawBufferPointer, _ at: inout Int) throws(Failure) -> Int {
        var isNegative = false
        if at < text.count, text[at] == UInt8(ascii: "-") || text[at] == UInt8(ascii: "+") {
            isNegative = text[at] == UInt8(ascii: "-")
            at += 1
        }
        var value = 0
        let first = at
        while at < text.count {
            let digit = text[at] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            // With a larger exponent every number is 0 or too large, however many digits it has before the point.
            value = min(value * 10 + Int(digit), 1 << 40)
            at += 1
        }
        guard at > first else { throw .text }
        return isNegative ? -value : value
    }

    /// m·10ᵉ rounded to Float32; nil if Float64 arithmetic is not precise enough to be sure of the rounding.
    private static func near(_ mantissa: UInt64, _ exponent: Int) -> Float? {
        if mantissa == 0 { return 0 }
        guard exponent.magnitude <= 44 else { return nil }
        // At most four roundings of 2⁻⁵³ each.
        var value = Double(mantissa)
        let first = Int(min(exponent.magnitude, 22))
        let second = Int(exponent.magnitude) - first
        if exponent < 0 {
            value /= powers[first]
            if second > 0 { value /= powers[second] }
        } else {
            value *= powers[first]
            if second > 0 { value *= powers[second] }
        }
        let low = Float(value * (1 - 0x1p-50))
        let high = Float(value * (1 + 0x1p-50))
        return low == high ? low : nil
    }

    /// The nearest number of a type by the standard library, for any number of digits; the text must be a decimal
    /// number, and its sign is ignored.
    private static func exact<Value: LosslessStringConvertible & BinaryFloatingPoint>(
        _ text: UnsafeRawBufferPointer, as _: Value.Type
    ) -> Value {
        let unsigned = text.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
        return Value(String(decoding: unsigned, as: UTF8.self)) ?? .infinity
    }

    private static func wordFailure(_ text: UnsafeRawBufferPointer) -> Failure {
        guard text.count <= 10 else { return .text }
        let word = String(
            decoding: text.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "+") }, as: UTF8.self)
        return ["nan", "inf", "infinity"].contains(word.lowercased()) ? .notFinite : .text
    }

    /// 10⁰ to 10²², exact.
    private static let powers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
        1e18,
        1e19, 1e20, 1e21, 1e22,
    ]
}
