/// A number as configurations may write it: decimal digits, a sign, a point, an exponent.
///
/// YAML's versions disagree on other numbers (010 is 8 in one, 10 in the other; 1_000, 0x10, 1:30), and `.nan` and
/// `.inf` make no sense as settings, so all of these are refused. `1e-3`, `.5`, `+2` and `-0` are numbers; a word such
/// as `adam` is not a number, and by itself no mistake.
struct PlainNumber {
    /// Why a text is refused.
    enum Failure: Error {
        /// It does not look like a number.
        case none
        /// It looks like a number but is ambiguous or not finite; the text says what to write.
        case refused(String)
    }

    let value: Double
    /// Whether neither a point nor an exponent was written.
    let isWhole: Bool
    /// The number as an Int; nil if it is not whole or too large.
    let whole: Int?

    /// Reads the whole text.
    init(_ text: String) throws(Failure) {
        let letters = Array(text.utf8)
        let unsigned = Self.unsigned(letters)
        let word = String(decoding: unsigned, as: UTF8.self).lowercased()
        if [".nan", ".inf", "nan", "inf", "infinity"].contains(word) {
            throw .refused("write a finite number")
        }
        guard Self.isLike(text) else { throw .none }
        guard let parts = Self.parts(unsigned) else {
            throw .refused(
                Self.withoutUnit(text) ?? "write the number with decimal digits, as 1000, 0.5 or 1.0e-3")
        }
        if parts.digits.count > 1, parts.digits.first == UInt8(ascii: "0") {
            let plain = parts.digits.drop { $0 == UInt8(ascii: "0") }
            let meant = plain.isEmpty ? "0" : String(decoding: plain, as: UTF8.self)
            throw .refused("a leading zero looks octal: write \(meant) if that is meant")
        }
        guard let value = Double(text), value.isFinite else { throw .refused("write a number below 1.8e308") }
        self.value = value
        isWhole = !parts.hasFraction
        whole = parts.hasFraction ? nil : Int(text)
    }

    /// Whether a plain text must be a number or a mistake: it starts with a digit, after a sign or point.
    static func isLike(_ text: String) -> Bool {
        let unsigned = unsigned(Array(text.utf8))
        let first = unsigned.first == UInt8(ascii: ".") ? unsigned.dropFirst().first : unsigned.first
        if first.map(isDigit) == true { return true }
        return [".nan", ".inf"].contains(String(decoding: unsigned, as: UTF8.self).lowercased())
    }

    /// The integer digits, and whether a point or an exponent follows; nil for anything else.
    private static func parts(_ text: ArraySlice<UInt8>) -> (digits: ArraySlice<UInt8>, hasFraction: Bool)? {
        let digits = text.prefix(while: isDigit)
        var rest = text.dropFirst(digits.count)
        let hasFraction = !rest.isEmpty
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix(while: isDigit)
            if digits.isEmpty && fraction.isEmpty { return nil }
            rest = rest.dropFirst(1 + fraction.count)
        } else if digits.isEmpty {
            return nil
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            let exponent = unsigned(rest.dropFirst())
            guard !exponent.isEmpty, exponent.allSatisfy(isDigit) else { return nil }
            rest = []
        }
        return rest.isEmpty ? (digits, hasFraction) : nil
    }

    /// What to write instead of a number with a unit, as "0.2" for "20%"; nil for anything else.
    private static func withoutUnit(_ text: String) -> String? {
        let number = text.prefix { $0.isNumber || $0 == "." }
        let unit = text.dropFirst(number.count).drop { $0 == " " }
        guard let value = Double(number) else { return nil }
        if unit == "%" { return "write \(value / 100) for \(text)" }
        let isWord = unit.allSatisfy(\.isLetter) && !unit.isEmpty && !number.hasPrefix("0")
        return isWord ? "write the number alone, without a unit" : nil
    }

    private static func unsigned(_ text: some Collection<UInt8>) -> ArraySlice<UInt8> {
        let all = Array(text)[...]
        return all.first == UInt8(ascii: "-") || all.first == UInt8(ascii: "+") ? all.dropFirst() : all
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
