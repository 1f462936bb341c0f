import Safetensors
import Testing

@Suite struct MalformedFileTests {
    private typealias F = Fixture

    /// Inputs and the reason each must be refused for.
    static let cases: [(String, [UInt8], SafetensorsError.Reason)] = [
        ("nothing", [], .truncated),
        ("half a length", [2, 0, 0], .truncated),
        ("only a length", F.length(2), .truncated),
        ("a length of zero", F.length(0) + Array("{}".utf8), .headerLength),
        ("a length of one", F.length(1) + Array("{}".utf8), .headerLength),
        ("a length past the end", F.length(3) + Array("{}".utf8), .truncated),
        ("a length above the limit", F.length(100_000_001) + Array("{}".utf8), .headerLength),
        ("a length of 2^63", F.length(1 << 63) + Array("{}".utf8), .headerLength),
        ("a length of 2^64 - 1", F.length(.max) + Array("{}".utf8), .headerLength),

        ("no object", F.file("[]"), .malformedHeader),
        ("space before the object", F.file(" {}"), .malformedHeader),
        ("an unfinished object", F.file("{ "), .malformedHeader),
        ("text after the object", F.file("{}x"), .malformedHeader),
        ("a newline as padding", F.file("{}\n"), .malformedHeader),
        ("two objects", F.file("{}{}"), .malformedHeader),
        ("a trailing comma", F.file("{\(F.tensor("a", "U8", "1", 0, 1)),}", data: 1), .malformedHeader),
        ("a number for a tensor", F.file(#"{"a":1}"#), .malformedHeader),
        ("null for a tensor", F.file(#"{"a":null}"#), .malformedHeader),
        (
            "an unknown field", fields(#""dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1"#),
            .malformedHeader
        ),
        ("no dtype", fields(#""shape":[0],"data_offsets":[0,0]"#), .malformedHeader),
        ("no shape", fields(#""dtype":"U8","data_offsets":[0,0]"#), .malformedHeader),
        ("no offsets", fields(#""dtype":"U8","shape":[0]"#), .malformedHeader),
        ("a negative dimension", bytes(shape: "-1"), .malformedHeader),
        ("a fraction", bytes(shape: "1.0"), .malformedHeader),
        ("an exponent", bytes(shape: "1e0"), .malformedHeader),
        ("a leading zero", bytes(shape: "01"), .malformedHeader),
        ("a string as dimension", bytes(shape: "\"1\""), .malformedHeader),
        ("a list as dimension", bytes(shape: "[1]"), .malformedHeader),
        ("deep lists", F.file(#"{"a":"# + String(repeating: "[", count: 200_000)), .malformedHeader),
        ("deep objects", F.file(String(repeating: #"{"a":"#, count: 200_000)), .malformedHeader),
        ("deep strings", F.file(#"{"__metadata__":{"a":{"b":{"c":"d"}}}}"#), .malformedHeader),
        ("a number in the metadata", F.file(#"{"__metadata__":{"a":1}}"#), .malformedHeader),
        ("a string as metadata", F.file(#"{"__metadata__":"a"}"#), .malformedHeader),
        ("a raw control character", F.file("{\"a\u{1}\":1}"), .malformedHeader),
        ("an unknown escape", F.file(#"{"\q":1}"#), .malformedHeader),
        ("a short escape", F.file(#"{"\u12":1}"#), .malformedHeader),
        ("a lone first surrogate", F.file(#"{"\ud800":1}"#), .malformedHeader),
        ("two first surrogates", F.file(#"{"\ud800\ud800":1}"#), .malformedHeader),
        ("a lone second surrogate", F.file(#"{"\udc00":1}"#), .malformedHeader),
        ("an unfinished string", F.file(#"{"a"#), .malformedHeader),
        ("bytes that are not UTF-8", quoted([0xc3, 0x28]), .malformedHeader),
        ("an overlong slash", quoted([0xc0, 0xaf]), .malformedHeader),

        ("the same name twice", two(("a", 0, 1), ("a", 1, 2)), .duplicateName),
        ("the same name, once escaped", two(("a", 0, 1), (#"\u0061"#, 1, 2)), .duplicateName),
        ("the same name, once decomposed", two(("é", 0, 1), (#"e\u0301"#, 1, 2)), .duplicateName),
        ("metadata twice", F.file(#"{"__metadata__":{},"__metadata__":{}}"#), .duplicateName),
        ("a metadata key twice", F.file(#"{"__metadata__":{"a":"1","a":"1"}}"#), .duplicateName),
        (
            "dtype twice", fields(#""dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]"#),
            .duplicateName
        ),
        (
            "shape twice", fields(#""dtype":"U8","shape":[0],"shape":[0],"data_offsets":[0,0]"#),
            .duplicateName
        ),
        ("offsets twice", fields(#""data_offsets":[0,0],"data_offsets":[0,0]"#), .duplicateName),

        ("many names", F.file("{\"__metadata__\":{\(strings((1 << 18) + 1))}}"), .tooManyNames),
        ("an empty name", one(""), .unusableName),
        ("a name that climbs", one(".."), .unusableName),
        ("a name with two dots", one("a..b"), .unusableName),
        ("a name with a slash", one("a/b"), .unusableName),
        ("a name with an escaped slash", one(#"a\/b"#), .unusableName),
        ("a name with a zero", one(#"a\u0000"#), .unusableName),
        ("a name with a newline", one(#"a\nb"#), .unusableName),
        ("a name with DEL", one("a\u{7f}"), .unusableName),
        ("a name with a C1 control", one("a\u{85}"), .unusableName),
        ("a name with a line separator", one("a\u{2028}"), .unusableName),

        ("an unknown type", F.file("{\(F.tensor("a", "F99", "1", 0, 1))}", data: 1), .unknownType),
        ("a type in lower case", F.file("{\(F.tensor("a", "f32", "1", 0, 4))}", data: 4), .unknownType),

        ("a dimension of 2^63", shape("9223372036854775808"), .overflow),
        ("a dimension of 40 digits", shape(String(repeating: "9", count: 40)), .overflow),
        ("a product of 2^64", shape("4294967296,4294967296"), .overflow),
        ("a product of 2^64 with a zero", shape("4294967296,4294967296,0"), .overflow),
        ("2^62 elements of 4 bytes", shape("4611686018427387904"), .overflow),
        ("2^63 - 1 rows of nothing", shape("9223372036854775807,0", end: 0), .overflow),
        ("65 dimensions", shape(String(repeating: "1,", count: 64) + "1"), .overflow),
        ("three offsets", fields(#""dtype":"U8","shape":[0],"data_offsets":[0,0,0]"#), .offsets),

        ("one offset", fields(#""dtype":"U8","shape":[0],"data_offsets":[0]"#), .offsets),
        ("no offset", fields(#""dtype":"U8","shape":[0],"data_offsets":[]"#), .offsets),
        ("reversed offsets", F.file("{\(F.tensor("a", "U8", "1", 1, 0))}", data: 1), .offsets),
        ("offsets that are too close", F.file("{\(F.tensor("a", "F32", "2", 0, 7))}", data: 7), .offsets),
        ("offsets that are too far", F.file("{\(F.tensor("a", "F32", "2", 0, 9))}", data: 9), .offsets),
        ("a scalar without bytes", F.file("{\(F.tensor("a", "F32", "", 0, 0))}"), .offsets),

        ("a hole at the start", F.file("{\(F.tensor("a", "U8", "1", 1, 2))}", data: 2), .hole),
        ("a hole in the middle", two(("a", 0, 1), ("b", 2, 3)), .hole),
        ("an empty tensor past the end", F.file("{\(F.tensor("a", "U8", "0", 9, 9))}"), .hole),
        ("the same bytes twice", two(("a", 0, 1), ("b", 0, 1)), .overlap),
        (
            "shared bytes",
            F.file("{\(F.tensor("a", "U8", "3", 0, 3)),\(F.tensor("b", "U8", "3", 2, 5))}", data: 5), .overlap
        ),
        (
            "an empty tensor inside another",
            F.file("{\(F.tensor("a", "U8", "3", 0, 3)),\(F.tensor("b", "U8", "0", 1, 1))}", data: 3), .overlap
        ),
        ("missing data", F.file("{\(F.tensor("a", "F32", "2", 0, 8))}", data: 7), .truncated),
        ("data of 2^60 bytes", shape("288230376151711744", end: 1 << 60), .truncated),
        ("trailing bytes", F.file("{\(F.tensor("a", "F32", "2", 0, 8))}", data: 9), .trailingBytes),
        ("data without a tensor", F.file("{}", data: 1), .trailingBytes),
    ]

    /// A file whose one tensor has these members.
    private static func fields(_ members: String) -> [UInt8] { F.file("{\"a\":{\(members)}}") }

    /// A file of one byte whose one tensor claims this shape.
    private static func bytes(shape: String) -> [UInt8] {
        F.file("{\(F.tensor("a", "U8", shape, 0, 1))}", data: 1)
    }

    /// A file whose one key has these bytes.
    private static func quoted(_ key: [UInt8]) -> [UInt8] {
        F.file(Array("{\"".utf8) + key + Array("\":1}".utf8))
    }

    /// Members of the metadata.
    private static func strings(_ count: Int) -> String {
        (0..<count).map { "\"\($0)\":\"\"" }.joined(separator: ",")
    }

    private static func one(_ name: String) -> [UInt8] {
        F.file("{\(F.tensor(name, "U8", "1", 0, 1))}", data: 1)
    }

    private static func shape(_ shape: String, end: Int = 4) -> [UInt8] {
        F.file("{\(F.tensor("a", "F32", shape, 0, end))}", data: 4)
    }

    private static func two(_ a: (String, Int, Int), _ b: (String, Int, Int)) -> [UInt8] {
        F.file(
            "{\(F.tensor(a.0, "U8", "1", a.1, a.2)),\(F.tensor(b.0, "U8", "1", b.1, b.2))}",
            data: max(a.2, b.2))
    }

    @Test(arguments: cases.indices) func isRefused(_ index: Int) {
        let (label, bytes, reason) = Self.cases[index]
        let error = F.failure(bytes)
        #expect(error?.reason == reason, "\(label): \(String(describing: error))")
        let line = error?.description ?? ""
        #expect(line.hasPrefix("fixture: expected ") && line.count < 600, "\(label): \(line)")
        #expect(!line.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x2028 }, "\(label): \(line)")
    }

    /// Neighbours of the inputs above that are valid, so that none is refused for another reason.
    @Test(arguments: [
        F.file("{}"),
        F.file("{}      "),
        F.file("{\"__metadata__\":{\(strings(1 << 18))}}"),
        F.file("{ \n\t\"__metadata__\" : { } , \(F.tensor("a", "U8", " 1 , 1 ", 0, 1)) }", data: 1),
        two(("b", 1, 2), ("a", 0, 1)),
        one("a.b"), one("é"), one(#"\ud83e\uddee"#), one("__metadata"),
        F.file("{\(F.tensor("a", "F32", "1099511627776,0", 0, 0))}"),
        F.file("{\(F.tensor("a", "F32", "2", 0, 8)),\(F.tensor("b", "U8", "0", 8, 8))}", data: 8),
        F.file("{\(F.tensor("z", "F32", "0", 0, 0)),\(F.tensor("a", "F32", "", 0, 4))}", data: 4),
        shape(String(repeating: "1,", count: 63) + "1"),
    ])
    func isAccepted(_ bytes: [UInt8]) {
        #expect(F.failure(bytes) == nil)
    }
}
