import Foundation
import Testing

@testable import Options

/// Things that are picked by name, and added to.
@Suite struct ChoiceListTests {
    private static let rates = ChoiceList<Double>(
        "rate",
        [
            NamedChoice("fixed", "Always the same.", [.optional("value", .number(.positive), default: 0.5)]) {
                $0.number("value")
            },
            NamedChoice(
                "twice", "Twice a number, or of another if there is one.",
                [.required("of", like: 1), .optional("plus", default: .number(0))],
                dependent: { given, base in
                    [.optional("of", default: .number(base)), .optional("plus", default: given["of"] ?? 0)]
                }
            ) { 2 * $0.number("of") + $0.number("plus") },
        ])

    @Test func examples() throws {
        #expect(try Self.rates.make("fixed", ["value": 0.25]) == 0.25)
        #expect(try Self.rates.make("fixed") == 0.5)
        #expect(try Self.rates.make(.choice("fixed", [NamedOption("value", 2)])) == 2)
        #expect(try Self.rates.make("fixed" as OptionValue) == 0.5)
        #expect(Self.rates.names == ["fixed", "twice"])
    }

    @Test(
        arguments: [
            ("fixd", [:], OptionError.Kind.unknownName, "name"),
            ("fixed", ["valu": 1], .unknownOption, "valu"),
            ("twice", [:], .missingOption, "of"), ("fixed", ["value": true], .wrongType, "value"),
            ("fixed", ["value": 0], .outOfRange, "value"),
        ] as [(String, [String: OptionValue], OptionError.Kind, String)])
    func errors(_ name: String, _ options: [String: OptionValue], _ kind: OptionError.Kind, _ key: String) {
        #expect { try Self.rates.make(name, options) } throws: { error in
            guard let error = error as? OptionError else { return false }
            return error.kind == kind && error.key == key
        }
    }

    @Test func defaultsThatDepend() throws {
        let twice = try Self.rates.choice("twice")
        func made(_ given: [String: OptionValue]) throws -> Double {
            try twice.make(
                ResolvedOptions(declared: twice.options(given: given, beside: 8), given: given))
        }
        #expect(try made([:]) == 16 && made(["of": 3]) == 9 && made(["of": 3, "plus": 1]) == 7)
    }

    /// A program's own choice stands beside the others, or in the place of one.
    @Test func additions() throws {
        var rates = Self.rates
        rates.add(NamedChoice("zero", "Nothing.") { _ in 0 })
        rates.add(NamedChoice("fixed", "Always one.") { _ in 1 })
        #expect(rates.names == ["fixed", "twice", "zero"])
        #expect(try rates.make("zero") == 0 && rates.make("fixed") == 1 && Self.rates.make("fixed") == 0.5)
    }

    @Test func valuesInFiles() throws {
        let value = OptionValue.options([
            NamedOption("a", .list([1, .number(2.5), "x", true, .none])), NamedOption("b", .options([])),
            NamedOption("seed", .whole(.max)),
        ])
        let bytes = try JSONEncoder().encode(value)
        #expect(try JSONDecoder().decode(OptionValue.self, from: bytes).canonical == value.canonical)
    }
}
