import Testing

@testable import Datasets

/// Columns of other files, and of other sets, are told by their names.
@Suite struct CSVOrderTests {
    private static let regression = CSVOptions(label: [.name("y")], task: .regression)

    @Test func filesOfASetMayHaveAnyOrder() throws {
        var options = Self.regression
        options.ignored = [.name("id")]
        // The last file alone has what is ignored; names that stand twice keep their order.
        let set = try Dataset(
            CSVTests.source(
                "a,b,y,b\n1,2,3,4\n", "b,y,b,a\n20,30,40,10\n",
                "y,id,b,a,b\n300,x,200,100,400\n", options: options))
        #expect(TestBytes.features(set, as: Float.self) == [1, 2, 4, 10, 20, 40, 100, 200, 400])
        #expect(TestBytes.targets(set) == [3, 30, 300] && set.layout.featureNames == ["a", "b", "b"])
        // A column given by its number is that one of the first file.
        options = CSVOptions(label: [.index(2)], task: .regression, ignored: [.index(1)])
        let numbered = try Dataset(
            CSVTests.source("a,b,y\n1,2,3\n", "y,a,b\n30,10,x\n", options: options))
        #expect(
            TestBytes.features(numbered, as: Float.self) == [1, 10] && TestBytes.targets(numbered) == [3, 30])
    }

    @Test(arguments: [
        (
            "b,a,id,y\n1,2,3,4\n",
            "more-1.csv:1:3: expected the columns of data.csv, found column \"id\", which is not there, leave it out with ignore: [id], or add it to data.csv"
        ),
        (
            "b,A,y\n1,2,3\n",
            "expected column \"a\" of data.csv, found \"b\", \"A\", \"y\", more-1.csv, if \"A\" is meant, give it the same name"
        ),
        ("a,y\n1,2\n", "expected column \"b\" of data.csv, found \"a\", \"y\", more-1.csv, add the column"),
        ("a,b\n1,2\n", "expected column \"y\" of data.csv, found \"a\", \"b\", more-1.csv, add the column"),
    ])
    func filesOfOtherColumns(text: String, says: String) {
        let source = CSVTests.source("a,b,y\n1,2,3\n", text, options: Self.regression)
        let error = TestBytes.error(loading: source)
        #expect(
            error?.description.hasPrefix(says) == true && error?.kind == .mismatch,
            "\(error.debugDescription)")
    }

    @Test func withoutAHeaderPlacesCount() {
        let options = CSVOptions(label: [.index(1)], task: .regression, hasHeader: false)
        let error = TestBytes.error(
            loading: CSVTests.source("1,2\n", "1,2,3\n", options: options))
        #expect(
            error?.description.hasPrefix("expected 2 columns, as data.csv has, found 3, more-1.csv") == true)
    }

    @Test func anotherSetFollowsTheTrainingSet() throws {
        func load(_ text: String, ignored: [CSVOptions.Column] = []) throws -> Dataset {
            var options = Self.regression
            options.ignored = ignored
            let source = CSVTests.source(text, options: options)
            return try Dataset(source.following(classes: nil, names: nil, features: ["a", "b c", "d"]))
        }
        for text in ["a,b c,d,y\n1,2,3,4\n", "y,d,\"b c\",a\n4,3,2,1\n"] {
            let set = try load(text)
            #expect(TestBytes.features(set, as: Float.self) == [1, 2, 3] && TestBytes.targets(set) == [4])
            #expect(set.layout.featureNames == ["a", "b c", "d"])
        }
        for (text, says) in [
            (
                "id,d,b c,x y,a,y\n0,1,2,3,4,5\n",
                "data.csv:1:1: expected the features of the training set, found columns \"id\", \"x y\", which are none of them, leave them out with ignore: [id, \"x y\"], or train with them"
            ),
            ("d,B_C,a,y\n1,2,3,4\n", "data.csv, if \"B_C\" is meant, give it the same name"),
            ("d,a,y\n1,2,3\n", "expected column \"b c\" of the training set, found \"d\", \"a\", \"y\""),
        ] {
            let error = #expect(throws: DataError.self) { try load(text) }
            #expect(error?.description.contains(says) == true, "\(error.debugDescription)")
        }
        // The cure that the error names is one.
        let cured = try load("id,d,b c,x y,a,y\n0,1,2,3,4,5\n", ignored: [.name("id"), .name("x y")])
        #expect(TestBytes.features(cured, as: Float.self) == [4, 2, 1])
        let taken = #expect(throws: DataError.self) {
            try load("a,b c,d,y\n1,2,3,4\n", ignored: [.name("d")])
        }
        #expect(taken?.description.contains("it is named in label or ignore here") == true)
    }

    @Test(
        arguments: [
            ("Price", "price"), ("sale price", "Sale_Price"), ("prcie", "Price"), ("PRICE", "price "),
            ("cost", nil),
            ("age", "Äge"),
        ] as [(String, String?)])
    func namesThatAreNearAreSuggested(given: String, there: String?) {
        for isLabel in [true, false] {
            let options = CSVOptions(
                label: [.name(isLabel ? given : "y")], task: .regression,
                ignored: isLabel ? [] : [.name(given)])
            let text = "a,y,\"\(there ?? "other")\"\n1,2,3\n"
            let error = TestBytes.error(loading: CSVTests.source(text, options: options))
            let other =
                isLabel ? "check the name and the delimiter" : "check its name, or take it out of ignore"
            let advice = there.map { "did you mean \"\($0)\"?" } ?? other
            #expect(error?.advice == advice && error?.kind == .mismatch, "\(error.debugDescription)")
        }
    }
}
