/// How values of a Swift type are written as options: what they may be, and the way there and back.
public struct OptionCodec<Value>: Sendable {
    /// What may be written.
    public let form: OptionForm
    /// A value as it is written; `.none` for nothing.
    public let encode: @Sendable (Value) -> OptionValue
    /// The value of what was written, which has the form's sort and limits; throws where it does not make sense.
    public let decode: @Sendable (OptionValue) throws(OptionError) -> Value

    /// A codec.
    public init(
        _ form: OptionForm, encode: @escaping @Sendable (Value) -> OptionValue,
        decode: @escaping @Sendable (OptionValue) throws(OptionError) -> Value
    ) {
        self.form = form
        self.encode = encode
        self.decode = decode
    }

    /// Values that may be missing, which is written by leaving them out.
    public func orNone() -> OptionCodec<Value?> {
        OptionCodec<Value?>(form) {
            $0.map(encode) ?? .none
        } decode: { value throws(OptionError) in
            value == .none ? nil : try decode(value)
        }
    }

    /// Values that may be missing, which is written as a word, such as "full".
    public func or(_ word: String) -> OptionCodec<Value?> {
        OptionCodec<Value?>(.wordOr(word, form)) {
            $0.map(encode) ?? .text(word)
        } decode: { value throws(OptionError) in
            value == .text(word) ? nil : try decode(value)
        }
    }
}

extension OptionCodec where Value == Int {
    /// Whole numbers in a range.
    public static func whole(_ range: ClosedRange<Int>) -> OptionCodec {
        OptionCodec(.whole(range), encode: { .whole($0) }, decode: Self.number)
    }

    private static func number(_ value: OptionValue) -> Int {
        switch value {
        case .whole(let number): return number
        case .number(let number):
            if let whole = Int(exactly: number) { return whole }
            fallthrough
        default: preconditionFailure("\(value) is no whole number as its form says")
        }
    }

    fileprivate static func plain(_ value: OptionValue) -> Int { number(value) }
}

extension OptionCodec where Value == Int? {
    /// Whole numbers of at least 0, of which 0 stands for none.
    public static func count(upTo most: Int) -> OptionCodec {
        OptionCodec(.whole(0...most)) {
            .whole($0 ?? 0)
        } decode: { value in
            let number = OptionCodec<Int>.plain(value)
            return number == 0 ? nil : number
        }
    }
}

extension OptionCodec where Value == Double? {
    /// Numbers of a set, of which 0 stands for none.
    public static func amount(_ allowed: AllowedNumbers) -> OptionCodec {
        OptionCodec(.number(allowed)) {
            .number($0 ?? 0)
        } decode: { value in
            let number = OptionCodec<Double>.plain(value)
            return number == 0 ? nil : number
        }
    }
}

extension OptionCodec where Value == UInt64 {
    /// Whole numbers of at least 0 that fit an Int.
    public static var seed: OptionCodec {
        let whole = OptionCodec<Int>.whole(0...Int.max)
        // A program's own seed may be larger than what a file can say.
        return OptionCodec(whole.form) {
            Int(exactly: $0).map(whole.encode) ?? .text("\($0)")
        } decode: { value throws(OptionError) in
            UInt64(try whole.decode(value))
        }
    }
}

extension OptionCodec where Value == Double {
    /// Numbers of a set.
    public static func number(_ allowed: AllowedNumbers) -> OptionCodec {
        OptionCodec(.number(allowed), encode: { .number($0) }, decode: Self.plain)
    }

    fileprivate static func plain(_ value: OptionValue) -> Double {
        guard case .number(let number) = value else {
            preconditionFailure("\(value) is no number as its form says")
        }
        return number
    }
}

extension OptionCodec where Value == Bool {
    /// true or false.
    public static var flag: OptionCodec {
        OptionCodec(.flag) {
            .flag($0)
        } decode: { value in
            guard case .flag(let flag) = value else {
                preconditionFailure("\(value) is no truth value as its form says")
            }
            return flag
        }
    }
}

extension OptionCodec where Value == String {
    /// The path of a file or folder.
    public static func path(_ phrase: String) -> OptionCodec {
        OptionCodec(.path(phrase)) {
            .text($0)
        } decode: { value in
            guard case .text(let text) = value else { preconditionFailure("\(value) is no path") }
            return text
        }
    }
}

extension OptionCodec
where Value: RawRepresentable & CaseIterable & SendableMetatype, Value.RawValue == String {
    /// The cases of an enumeration by their raw values, which `noun` names.
    public static func word(_ noun: String) -> OptionCodec {
        let words = Value.allCases.map(\.rawValue)
        return OptionCodec(.word(noun, words)) {
            .text($0.rawValue)
        } decode: { value throws(OptionError) in
            guard case .text(let text) = value, let found = Value(rawValue: text) else {
                preconditionFailure("\(value) is none of \(words), as its form says")
            }
            return found
        }
    }
}

extension OptionCodec {
    /// Keys with values, by a phrase that says what they are; `short` names the one whose value may stand alone.
    public static func options(
        _ phrase: String, _ declared: [OptionDeclaration], short: String? = nil,
        encode: @escaping @Sendable (Value) -> [NamedOption],
        decode: @escaping @Sendable (ResolvedOptions) throws(OptionError) -> Value
    ) -> OptionCodec {
        OptionCodec(.options(declared, phrase, short: short)) {
            .options(encode($0).filter { $0.value != .none })
        } decode: { value throws(OptionError) in
            guard case .options(let given) = value else {
                preconditionFailure("\(value) are no keys with values as their form says")
            }
            return try decode(ResolvedOptions(declared: declared, given: given.asDictionary))
        }
    }

    /// A list that has no element twice.
    public func eachOnce<Element: Equatable & SendableMetatype>() -> OptionCodec where Value == [Element] {
        OptionCodec(form, encode: encode) { value throws(OptionError) in
            let elements = try decode(value)
            for (place, element) in elements.enumerated() where elements[..<place].contains(element) {
                guard case .list(let written) = value else { break }
                throw OptionError(
                    .conflict, key: "\(place)", value: "", allowed: "left out: \(written[place]) stands twice"
                )
            }
            return elements
        }
    }

    /// A list of what another codec writes, by a phrase that says what it is.
    public static func list<Element>(
        _ element: OptionCodec<Element>, _ phrase: String, isEmptyAllowed: Bool = false
    ) -> OptionCodec where Value == [Element] {
        OptionCodec(.list(element.form, phrase, isEmptyAllowed: isEmptyAllowed)) {
            .list($0.map(element.encode))
        } decode: { value throws(OptionError) in
            guard case .list(let values) = value else {
                preconditionFailure("\(value) is no list as its form says")
            }
            var elements: [Element] = []
            for (place, value) in values.enumerated() {
                do throws(OptionError) { elements.append(try element.decode(value)) } catch {
                    throw error.inside("\(place)")
                }
            }
            return elements
        }
    }
}
