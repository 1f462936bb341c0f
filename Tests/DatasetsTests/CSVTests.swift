import Testing

@testable import Datasets

@Suite struct CSVTests {
    static func source(_ texts: String..., options: CSVOptions, classCount: Int? = nil) -> DatasetSource {
        DatasetSource(
            csv: texts.enumerated().map { i, text in
                .memory(name: i == 0 ? "data.csv" : "more-\(i).csv", bytes: Array(text.utf8))
            }, options: options, classCount: classCount)
    }

    static let regression = CSVOptions(label: [.name("y")], task: .regression)

    @Test func columnsBecomeFeaturesAndTargets() throws {
        let text = "a,y,b,id\n1,2,3,x\n-0.5,1e2,.25,\n"
        var options = Self.regression
        options.ignored = [.name("id")]
        let set = try Dataset(Self.source(text, options: options))
        #expect(set.exampleShape == [2] && set.count == 2 && set.layout.elementType == .float32)
        #expect(TestBytes.features(set, as: Float.self) == [1, 3, -0.5, 0.25])
        #expect(TestBytes.targets(set) == [2, 100])
        #expect(set.layout.featureNames == ["a", "b"])
        options.label = [.name("b"), .index(1)]
        let both = try Dataset(Self.source(text, options: options))
        #expect(TestBytes.targets(both) == [3, 2, 0.25, 100])
        #expect(TestBytes.features(both, as: Float.self) == [1, -0.5])
    }

    /// Line ends, marks, quotation marks and spaces as files have them.
    @Test(arguments: [
        "a,y\n1,2\n3,4\n", "a,y\r\n1,2\r\n3,4\r\n", "a,y\n1,2\n3,4", "\u{FEFF}a,y\n1,2\n3,4\n\n",
        "\"a\",\"y\"\n\"1\",2\n3,\"4\"\r\n\r\n\n", " a , y \n  1,2  \n +3 , 4.0 \n",
    ])
    func writingsOfTheSame(text: String) throws {
        for compressed in [false, true] {
            let bytes = compressed ? TestBytes.gzip(Array(text.utf8)) : Array(text.utf8)
            let set = try Dataset(
                DatasetSource(csv: [.memory(name: "data.csv", bytes: bytes)], options: Self.regression))
            #expect(TestBytes.features(set, as: Float.self) == [1, 3])
            #expect(TestBytes.targets(set) == [2, 4])
        }
    }

    @Test func otherDelimitersAndNoHeader() throws {
        let options = CSVOptions(
            label: [.index(2)], task: .regression, hasHeader: false, delimiter: UInt8(ascii: "\t"))
        let set = try Dataset(Self.source("1\t2\t3\n4\t5\t6", options: options))
        #expect(TestBytes.features(set, as: Float.self) == [1, 2, 4, 5])
        #expect(set.layout.featureNames == nil)
        // A header of the columns' numbers, as data frames write it, is no data.
        let numbered = try Dataset(
            Self.source("0,1\n5,6\n", options: CSVOptions(label: [.index(1)], task: .regression)))
        #expect(TestBytes.features(numbered, as: Float.self) == [5])
    }

    @Test func classesAreSorted() throws {
        let options = CSVOptions(label: [.name("kind")])
        func classes(_ labels: [String], _ classCount: Int? = nil) throws -> ([String]?, [Int32]?, Int?) {
            let text = "x,kind\n" + labels.map { "1,\($0)\n" }.joined()
            let set = try Dataset(Self.source(text, options: options, classCount: classCount))
            return (set.layout.classNames, TestBytes.classes(set), set.classCount)
        }
        #expect(try classes(["cat", "bee", "ant", "bee"]) == (["ant", "bee", "cat"], [2, 1, 0, 1], 3))
        #expect(try classes(["10", "9", "-1", "+9", "010"]) == (["-1", "9", "10"], [2, 1, 0, 1, 2], 3))
        // Class indices are what they are.
        #expect(try classes(["1", "0", "2", "01"]) == (nil, [1, 0, 2, 1], 3))
        #expect(try classes(["5", "2"], 7) == (nil, [5, 2], 7))
        #expect(try classes(["10", "9", "b"]) == (["10", "9", "b"], [0, 1, 2], 3))
        #expect(try classes(["\"a, b\"", "a"]) == (["a", "a, b"], [1, 0], 2))
        // Doubled quotation marks in a quoted field are single ones of its text.
        #expect(
            try classes(["\"ha \"\"ha\"\" ha\"", "b", "\"\"\"\"", "\"b\""])
                == (["\"", "b", "ha \"ha\" ha"], [2, 1, 0, 1], 3))
    }

    @Test func anotherSetGetsTheTrainingSetsClasses() throws {
        let options = CSVOptions(label: [.name("kind")])
        let source = Self.source("x,kind\n1,dog\n2,ant\n", options: options)
        let set = try Dataset(source.following(classes: 3, names: ["ant", "bee", "dog"]))
        #expect(TestBytes.classes(set) == [2, 0] && set.classCount == 3)
        let error = TestBytes.error(loading: source.following(classes: 2, names: ["ant", "bee"]))
        #expect(error?.description.hasPrefix("data.csv:2:2: expected a class of the training set") == true)
        let numbers = Self.source("x,kind\n1,2\n2,2\n", options: options)
        #expect(try TestBytes.classes(Dataset(numbers.following(classes: 4, names: nil))) == [2, 2])
        #expect(TestBytes.error(loading: numbers.following(classes: 2, names: nil))?.place == "2:2")
    }

    @Test func predictionLeavesOutLabelColumnsThatAreThere() throws {
        let options = CSVOptions(label: [.name("kind")])
        for text in ["x,kind,z\n1,dog,2\n", "x,z\n1,2\n"] {
            let set = try Dataset(Self.source(text, options: options).withoutLabels)
            #expect(TestBytes.features(set, as: Float.self) == [1, 2] && set.layout.labels == .none)
        }
    }

    struct Broken: Sendable, CustomTestStringConvertible {
        let text, starts: String
        var kind = DataError.Kind.field
        var options = CSVTests.regression
        var testDescription: String { starts }
    }

    static let words = CSVOptions(label: [.name("y")])
    static let broken: [Broken] = [
        Broken(text: "a,y\n1,2\n3,abc\n", starts: "3:2: expected a number in column \"y\", found \"abc\""),
        Broken(text: "a,y\n1,2\nx y,2\n", starts: "3:1: expected a number in column \"a\", found \"x y\""),
        Broken(text: "a,y\n0x10,2\n", starts: "2:1: expected a number"),
        Broken(text: "a,y\n1.2.3,2\n", starts: "2:1: expected a number"),
        Broken(text: "a,y\n1e,2\n", starts: "2:1: expected a number"),
        Broken(text: "a,y\n1_000,2\n", starts: "2:1: expected a number"),
        Broken(text: "a,y\n\"1,5\",2\n", starts: "2:1: expected a number in column \"a\", found \"1,5\""),
        Broken(text: "a,y\n1,2\n,4\n", starts: "3:1: expected a value in column \"a\", found an empty field"),
        Broken(text: "a,y\n1,\"\"\n", starts: "2:2: expected a value"),
        Broken(text: "a,y\nNaN,2\n", starts: "2:1: expected a finite number", kind: .notFinite),
        Broken(text: "a,y\n1,-inf\n", starts: "2:2: expected a finite number", kind: .notFinite),
        Broken(text: "a,y\n1,1e39\n", starts: "2:2: expected a finite number", kind: .notFinite),
        Broken(text: "a,y\n1,2\n3\n", starts: "3:2: expected 2 fields, found 1"),
        Broken(text: "a,y\n1,2\n3,4,5\n", starts: "3:3: expected 2 fields, found 3"),
        Broken(text: "a,y\n1,2\n\n3,4\n", starts: "3: expected a row, found an empty line", kind: .header),
        Broken(text: "a,y\n1,2\"\n", starts: "2:2: expected quotation marks around", kind: .header),
        Broken(text: "a,y\n1,\"2\"3\n", starts: "2:2: expected a delimiter behind", kind: .header),
        Broken(
            text: "a,y\n1,2\n\"3,4\n5,6\n", starts: "3:1: expected a closing quotation mark", kind: .header),
        Broken(text: "a,y\r1,2\r", starts: "1:2: expected a line feed", kind: .header),
        Broken(text: "3,4\n1,2\n", starts: "1:1: expected the columns' names", kind: .header),
        // A line end inside quotation marks counts.
        Broken(text: "\"a\nb\",y\n1,2\n3,-\n", starts: "4:2: expected a number"),
        Broken(
            text: "a,y,n\n1,2,\"x\ny\"\n3,4,5\n",
            starts: "2:3: expected a number in column \"n\", found \"x?y\""),
        Broken(text: "a,y\n1,1.5\n", starts: "2:2: expected a class", kind: .label, options: words),
        Broken(text: "a,y\n1,\n", starts: "2:2: expected a value", options: words),
        Broken(
            text: "a,y\n1,\"\(String(repeating: "\"\"", count: 1025))\"\n",
            starts: "2:2: expected a class of at most", kind: .label, options: words),
        Broken(
            text: "1,2\n1;2\n", starts: "2:2: expected 2 fields, found 1",
            options: CSVOptions(label: [.index(1)], task: .regression, hasHeader: false)),
    ]

    @Test(arguments: broken) func badRowsNameLineAndColumn(_ file: Broken) {
        let error = TestBytes.error(loading: Self.source(file.text, options: file.options))
        #expect(error?.description.hasPrefix("data.csv:\(file.starts)") == true, "\(error.debugDescription)")
        #expect(error?.kind == file.kind)
    }

    @Test(arguments: [
        ("a,b\n1,2\n", "expected column \"y\", found \"a\", \"b\"", DataError.Kind.mismatch),
        ("y,y\n1,2\n", "expected column \"y\" once, found several", .mismatch),
        ("y\n1\n", "expected at least one column of features", .empty), ("", "at least one row", .empty),
        ("a,y\n", "at least one row", .empty), ("\n\n", "at least one row", .empty),
    ])
    func filesThatDoNotSuit(text: String, says: String, kind: DataError.Kind) {
        let error = TestBytes.error(loading: Self.source(text, options: Self.regression))
        #expect(error?.description.contains(says) == true, "\(error.debugDescription)")
        #expect(error?.kind == kind && error?.path == "data.csv")
    }

    @Test func severalFilesFollowEachOther() throws {
        let set = try Dataset(Self.source("a,y\n1,2\n", "a,y\r\n3,4\r\n5,6", options: Self.regression))
        #expect(TestBytes.features(set, as: Float.self) == [1, 3, 5])
        let bad = TestBytes.error(loading: Self.source("a,y\n1,2\n", "a,y\n?,4\n", options: Self.regression))
        #expect(bad?.description.hasPrefix("more-1.csv:2:1: ") == true)
    }

    @Test func classesOfQuotationMarksKeepTheirNumbers() throws {
        let source = Self.source("x,y\n1,\"\"\"b\"\"\"\n2,a\n", options: Self.words)
        let names = try Dataset(source).layout.classNames
        #expect(names == ["\"b\"", "a"])
        #expect(
            try TestBytes.classes(Dataset(source.following(classes: 2, names: ["a", "\"b\""]))) == [1, 0])
    }

    @Test func manyLabelsAreNoClasses() {
        let text = "x,y\n" + (0...LabelTable.most).map { "1,w\($0)\n" }.joined()
        let error = TestBytes.error(loading: Self.source(text, options: Self.words))
        #expect(error?.place == "\(LabelTable.most + 2):2" && error?.kind == .label)
    }

    /// Rows that cross the pieces the file is read in, and rows longer than a piece.
    @Test(arguments: [16, 17, 31, 64]) func piecesDoNotShow(pieceBytes: Int) throws {
        var text = ""
        for row in 0..<200 {
            text += "\(row),\"q \(row)\r\n,\"\"\",\(String(repeating: "7", count: row % 60))\r\n"
        }
        let bytes = DataOrigin.memory(name: "rows", bytes: Array(text.utf8))
        let small = try CSVTokenizer(bytes, delimiter: UInt8(ascii: ","), pieceBytes: pieceBytes)
        for row in 0..<200 {
            #expect(try small.next())
            let fields = small.fields.map(small.text)
            #expect(fields == ["\(row)", "q \(row)\r\n,\"", String(repeating: "7", count: row % 60)])
            #expect(small.line == 2 * row + 1)
        }
        #expect(try small.next() == false)
    }

    @Test func anEndlessRowIsRefused() throws {
        let zeros = [UInt8](repeating: UInt8(ascii: "0"), count: CSVTokenizer.longestRow + 10)
        let bomb = TestBytes.gzip(Array("a,y\n".utf8) + zeros)
        let error = TestBytes.error(
            loading: DatasetSource(csv: [.memory(name: "bomb", bytes: bomb)], options: Self.regression))
        #expect(error?.description.hasPrefix("bomb:2: expected rows of at most 16 MiB") == true)
    }
}
