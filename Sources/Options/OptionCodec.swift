/// How values of a Swift type are written as options: their form, and the conversions in both directions.
public struct OptionCodec<Value>: Sendable {
    /// The values that may be written.
    public let form: OptionForm
    /// Converts a value to what is written; to `.none` if nothing is.
    public let encode: @Sendable (Value) -> OptionValue
    /// Converts back from a value that fits the form; throws if it makes no sense.
    public let decode: @Sendable (OptionValue) throws(OptionError) -> Value

    /// A codec whose `decode` must undo `encode`.
    public init(
        _ form: OptionForm, encode: @escaping @Sendable (Value) -> OptionValue,
        decode: @escaping @Sendable (OptionValue) throws(OptionError) -> Value
    ) {
        self.form = form
        self.encode = encode
        self.decode = decode
    }

    /// Makes values optional; nil is written by leaving the option out.
    public func orNone() -> OptionCodec<Value?> {
        OptionCodec<Value?>(form) {
            $0.map(encode) ?? .none
        } decode: { value throws(OptionError) in
            value == .none ? nil : try decode(value)
        }
    }

    /// Makes values optional; nil is written as a word, such as "full".
    public func or(_ word: String) -> OptionCodec<Value?> {
        OptionCodec<Value?>(.wordOr(word, form)) {
            $0.map(encode) ?? .text(word)
        } decode: { value throws(OptionError) in
            value == .text(word) ? nil : try decode(value)
        }
    }
}

extension OptionCodec where Value == Int {
    /// Whole numbers within a range.
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
    /// Whole numbers from 0 to `most`; nil is written as 0.
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
    /// Numbers of a set; nil is written as 0.
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
    /// Whole numbers from 0 to the largest Int.
    public static var seed: OptionCodec {
        let whole = OptionCodec<Int>.whole(0...Int.max)
        // A program may set a larger seed than a file can state.
        return OptionCodec(whole.form) {
            Int(exactly: $0).map(whole.encode) ?? .text("\($0)")
        } decode: { value throws(OptionError) in
            UInt64(try whole.decode(value))
        }
    }
}

extension OptionCodec where Value == Double {
    /// Numbers of a set, as Float64.
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
    /// Truth values, written as true or false.
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
    /// Paths of a file or folder; `phrase` describes them in messages.
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
    /// The cases of an enumeration, written as their raw values; `noun` says what these name.
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
    /// Keys with values, described by `phrase`; `short` names the key whose value may stand alone.
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

    /// The same lists, refused if an element occurs twice.
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

    /// Lists of what another codec writes, described by `phrase`.
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
