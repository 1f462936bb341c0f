import Foundation

/// Parses what `JSONLine` writes: an object of strings, numbers, lists of them and objects of numbers, in its order.
struct FieldParser {
    private let bytes: [UInt8]
    private var place = 0

    /// The fields of a line; nil if it is not such an object.
    static func fields(of line: some StringProtocol) -> [RunEvent.Field]? {
        var parser = FieldParser(bytes: Array(line.utf8))
        return parser.object { $0.value() }?.map { RunEvent.Field(name: $0, value: $1) }
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func accept(_ character: Unicode.Scalar) -> Bool {
        while place < bytes.count, bytes[place] == UInt8(ascii: " ") { place += 1 }
        guard place < bytes.count, bytes[place] == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private mutating func sequence<T>(
        _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ element: (inout FieldParser) -> T?
    ) -> [T]? {
        guard accept(open) else { return nil }
        var elements: [T] = []
        while !accept(close) {
            guard elements.isEmpty || accept(","), let next = element(&self) else { return nil }
            elements.append(next)
        }
        return elements
    }

    private mutating func object<T>(_ value: (inout FieldParser) -> T?) -> [(String, T)]? {
        sequence("{", "}") { parser in
            guard let name = parser.string(), parser.accept(":"), let value = value(&parser) else {
                return nil
            }
            return (name, value)
        }
    }

    private mutating func value() -> RunEvent.Value? {
        let start = place
        if let text = string() { return .text(text) }
        place = start
        if let numbers = object({ $0.number() }) {
            return .named(numbers.map { NamedNumber(name: $0, value: $1) })
        }
        place = start
        if let numbers = sequence("[", "]", { $0.number() }) { return .numbers(numbers) }
        place = start
        if let rows = sequence("[", "]", { $0.sequence("[", "]") { $0.word().flatMap { Int($0) } } }) {
            return .counts(rows)
        }
        place = start
        guard let word = word() else { return nil }
        return Int(word).map { .count($0) } ?? Self.number(word).map { .number($0) }
    }

    private mutating func number() -> Double? { word().flatMap(Self.number) }

    /// Numbers that are not finite were written as null.
    private static func number(_ word: String) -> Double? { word == "null" ? .nan : Double(word) }

    private mutating func word() -> String? {
        let ends = [UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}")]
        let start = place
        while place < bytes.count, !ends.contains(bytes[place]) { place += 1 }
        return place == start ? nil : String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private mutating func string() -> String? {
        guard accept("\"") else { return nil }
        let start = place - 1
        var isPlain = true
        while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
            let escapes = bytes[place] == UInt8(ascii: "\\")
            isPlain = isPlain && !escapes
            place += escapes ? 2 : 1
        }
        guard place < bytes.count else { return nil }
        place += 1
        if isPlain { return String(decoding: bytes[start + 1..<place - 1], as: UTF8.self) }
        return try? JSONDecoder().decode(String.self, from: Data(bytes[start..<place]))
    }
}
