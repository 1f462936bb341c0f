import Testing

@testable import Options

/// What values have a form, how they are written, and when two of them mean the same.
@Suite struct FormTests {
    /// A choice in the style of layers, with one in itself.
    private static let layer = ChoiceForm(
        "layer", .keyed,
        [
            ChoiceForm.Entry("relu", []),
            ChoiceForm.Entry(
                "linear",
                [
                    .required("out", .whole(1...100)), .optional("bias", default: true),
                    .optional("init", .choice(initializer), default: .none),
                ], short: "out"),
            ChoiceForm.Entry(
                "residual", [.required("body", .list(.kind("layer", "a layer"), "a list of layers"))]),
        ])
    private static let initializer = ChoiceForm(
        "initializer", .named("name"),
        [ChoiceForm.Entry("zeros", []), ChoiceForm.Entry("normal", [.optional("std", default: 1)])])

    private static func kinds(_ kind: String) -> ChoiceForm? { kind == "layer" ? layer : nil }

    @Test(arguments: [
        (OptionForm.whole(1...10), OptionValue.whole(3), true), (.whole(1...10), 3, true),
        (.number(.positive), 0.5, true), (.number(.positive), "half", false), (.flag, true, true),
        (.flag, 1, false), (.numbers(.all, count: 2), .numbers([1, 2]), true),
        (.numbers(.all, count: 2), .numbers([1]), false),
        (.word("noun", ["a", "b"]), "c", true), (.list(.flag, "flags"), .list([true, false]), true),
        (.list(.flag, "flags"), .list([true, 1]), false),
        (.either([.whole(1...2), .text("a name")], "either"), "x", true),
        (.either([.whole(1...2), .flag], "either"), "x", false),
        (.wordOr("full", .whole(1...2)), "full", true),
        (.wordOr("full", .whole(1...2)), 2, true), (.wordOr("full", .whole(1...2)), "half", false),
    ])
    func sorts(_ form: OptionForm, _ value: OptionValue, _ isSort: Bool) {
        #expect(form.isSort(of: value) == isSort)
    }

    @Test(arguments: [
        (OptionForm.whole(1...10), OptionValue.whole(11), "x is 11; it must be a whole number from 1 to 10"),
        (.whole(1...10), 2.5, "x is 2.5; it must be a whole number from 1 to 10"),
        (.whole(0...Int.max), -1, "x is -1; it must be a whole number, at least 0"),
        (.number(.belowOne), 1, "x is 1; it must be at least 0 and below 1"),
        (.number(.finite), 1e39, "x is 1e+39; it must be a number that Float32 can hold"),
        (.numbers(.positive, count: 2), .numbers([1, 0]), "x is [1, 0]; it must be a finite number above 0"),
        (.word("noun", ["a", "b"]), "c", "x is c; it must be one of a, b"),
        (.list(.whole(1...2), "numbers"), .list([1, 5]), "x.1 is 5; it must be a whole number from 1 to 2"),
        (.wordOr("full", .whole(1...2)), 3, "x is 3; it must be a whole number from 1 to 2"),
    ])
    func limits(_ form: OptionForm, _ value: OptionValue, _ says: String) {
        #expect { try form.check(value, key: "x") } throws: { "\($0)" == says }
    }

    @Test func patternsAreWords() throws {
        let form = OptionForm.word("metric", ["loss"], pattern: "top_[1-9][0-9]*")
        try form.check("top_12", key: "x")
        #expect(throws: OptionError.self) { try form.check("top_0", key: "x") }
        #expect(throws: OptionError.self) { try form.check("xtop_1", key: "x") }
    }

    /// Choices become what a file has of them.
    @Test func plain() {
        let linear = OptionValue.choice(
            "linear",
            [NamedOption("out", 3), NamedOption("init", .choice("normal", [NamedOption("std", 2)]))])
        let value = OptionValue.list([
            .choice("relu", []), linear, .choice("residual", [NamedOption("body", .list([linear]))]),
        ])
        let written = OptionForm.list(.kind("layer", "a layer"), "layers").plain(value, kinds: Self.kinds)
        let plainLinear = OptionValue.options([
            NamedOption(
                "linear",
                .options([
                    NamedOption("out", 3),
                    NamedOption("init", .options([NamedOption("name", "normal"), NamedOption("std", 2)])),
                ]))
        ])
        #expect(
            written
                == .list([
                    "relu", plainLinear,
                    .options([NamedOption("residual", .options([NamedOption("body", .list([plainLinear]))]))]
                    ),
                ]))
    }

    /// What is at its default says nothing, in whatever order and spelling it stands.
    @Test func essential() {
        let form = OptionForm.list(.kind("layer", "a layer"), "layers")
        func layer(_ options: [NamedOption]) -> OptionValue {
            .list([.options([NamedOption("linear", .options(options))])])
        }
        func essential(_ value: OptionValue) -> OptionValue { form.essential(value, kinds: Self.kinds) }
        let short = essential(layer([NamedOption("out", 3)]))
        #expect(short == essential(layer([NamedOption("bias", true), NamedOption("out", .whole(3))])))
        #expect(short != essential(layer([NamedOption("bias", false), NamedOption("out", 3)])))
        #expect(short != essential(layer([NamedOption("out", 4)])))
        #expect(
            essential(.list(["relu"])) == essential(.list([.options([NamedOption("relu", .options([]))])])))
    }

    @Test func canonicalFormsAreEqual() {
        #expect(OptionValue.number(3).canonical == OptionValue.whole(3).canonical)
        #expect(
            OptionValue.numbers([1, 2.5]).canonical == OptionValue.list([.whole(1), .number(2.5)]).canonical)
        #expect(
            OptionValue.options([NamedOption("b", 1), NamedOption("a", 2)]).canonical
                == OptionValue.options([NamedOption("a", .whole(2)), NamedOption("b", 1)]).canonical)
        #expect(OptionValue.number(0.5).canonical == 0.5 && OptionValue.whole(.max).canonical == .whole(.max))
    }
}
