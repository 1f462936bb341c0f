import Testing

@testable import Datasets

/// Columns of words in tables.
@Suite struct WordColumnTests {
    private static let regression = CSVOptions(label: [.name("y")], task: .regression)

    private static func rows(_ set: Dataset) -> [[Float]] {
        let values = TestBytes.features(set, as: Float.self)
        let width = set.layout.width
        return (0..<set.count).map { Array(values[$0 * width..<($0 + 1) * width]) }
    }

    @Test func eachWordIsAFeature() throws {
        let text = "a,city,y,b\n1,Bonn,2,3\n4,Aachen,5,6\n7,,8,9\n1,Bonn,2,3\n"
        let set = try Dataset(CSVTests.source(text, options: Self.regression))
        #expect(set.layout.wordColumns == [WordColumn(column: 1, words: ["Aachen", "Bonn"])])
        #expect(Self.rows(set) == [[1, 0, 1, 3], [4, 1, 0, 6], [7, 0, 0, 9], [1, 0, 1, 3]])
        #expect(set.layout.featureNames == ["a", "city", "b"] && set.layout.columnCount == 3)
        #expect(set.layout.inputNames == ["a", "city=Aachen", "city=Bonn", "b"])
        #expect(TestBytes.targets(set) == [2, 5, 8, 2])
    }

    /// Words of several files, in quotation marks, with digits in front of some, of other alphabets.
    @Test func wordsAsFilesHaveThem() throws {
        let set = try Dataset(
            CSVTests.source(
                "school,y\n10th,1\n\"a, \"\"b\"\"\",2\n", "y,school\n3,Ärzte\n4,HS-grad\n5,<10th\n",
                options: Self.regression))
        #expect(
            set.layout.wordColumns?.map(\.words) == [["10th", "<10th", "HS-grad", "a, \"b\"", "Ärzte"]])
        #expect(
            Self.rows(set).map { $0.firstIndex(of: 1) } == [0, 3, 4, 2, 1]
                && Self.rows(set).allSatisfy { $0.reduce(0, +) == 1 })
    }

    /// What has a number somewhere, or no letter, is a column of numbers with mistakes.
    @Test(arguments: [
        ("a,y\nred,1\nblue,2\n3,4\n", "2:1", "\"red\""),
        ("a,y\n2024-01-05,1\n2024-01-06,2\n", "2:1", "\"2024"),
        ("a,y\n5 %,1\n6 %,2\n", "2:1", "\"5 %\""), ("a,y\n\"1,5\",2\n\"2,5\",2\n", "2:1", "\"1,5\""),
        ("a,y\nred,1\nnan,2\n", "2:1", "\"red\""), ("a,y\n€5,1\n€6,2\n", "2:1", "\"€5\""),
    ])
    func numbersWithMistakesAreNoWords(text: String, place: String, found: String) {
        let error = TestBytes.error(loading: CSVTests.source(text, options: Self.regression))
        #expect(error?.kind == .field && error?.place == place, "\(error.debugDescription)")
        #expect(error?.found.hasPrefix(found) == true && error?.expected.hasPrefix("a number") == true)
    }

    @Test func anEmptyColumnIsNone() {
        let error = TestBytes.error(
            loading: CSVTests.source("a,b,y\n,1,2\n,3,4\n", options: Self.regression))
        #expect(error?.description.hasPrefix("data.csv:2:1: expected a value in column \"a\"") == true)
    }

    /// Another table has the features of the training set, in whatever order its columns stand and whatever it holds.
    @Test func anotherTableHasTheWordsOfTheTrainingSet() throws {
        let train = try Dataset(
            CSVTests.source("a,city,y\n1,Bonn,2\n2,Aachen,3\n", options: Self.regression)
        ).layout
        func following(_ text: String, _ options: CSVOptions) -> DatasetSource {
            CSVTests.source(text, options: options).following(
                classes: nil, names: nil, features: train.featureNames, wideFeatures: train.wideFeatures,
                words: train.wordColumns)
        }
        let other = try Dataset(following("y,city,a\n1,Cologne,2\n3,Bonn,4\n5,7,6\n7,,8\n", Self.regression))
        #expect(Self.rows(other) == [[2, 0, 0], [4, 0, 1], [6, 0, 0], [8, 0, 0]])
        #expect(other.layout.wordColumns == train.wordColumns)
        let new = try Dataset(following("city,a\nAachen,9\n", CSVOptions(label: [])))
        #expect(Self.rows(new) == [[9, 1, 0]])
        // Numbers stay numbers, and without the training set the words would be others.
        let error = TestBytes.error(loading: following("a,city,y\nx,Bonn,1\n", Self.regression))
        #expect(error?.description.hasPrefix("data.csv:2:1: expected a number in column \"a\"") == true)
        let alone = try Dataset(CSVTests.source("a,city,y\n2,Cologne,1\n", options: Self.regression))
        #expect(alone.layout.width == 2)
        // A run from before there were words has none.
        let old = CSVTests.source("a,city,y\n1,Bonn,2\n", options: Self.regression).following(
            classes: nil, names: nil, features: ["a", "city"])
        #expect(TestBytes.error(loading: old)?.place == "2:2")
    }

    @Test func wordsBesideFloat64() throws {
        let set = try Dataset(
            CSVTests.source(
                "kind,time,y\nb,1700000001,1\na,1700000000,2\nb,1700000002,3\n", options: Self.regression))
        #expect(set.layout.elementType == .float64 && set.layout.wideFeatures == [1])
        #expect(
            TestBytes.features(set, as: Double.self)
                == [0, 1, 1_700_000_001, 1, 0, 1_700_000_000, 0, 1, 1_700_000_002])
        let scaling = FeatureScaling(.standardize, FeatureStatistics(set.examples))
        let kept = scaling.keepingWords(of: set.layout, maximum: [1, 1, 1_700_000_002])
        #expect(kept.center == [0, 0, scaling.center[2]] && kept.factor == [1, 1, scaling.factor[2]])
        #expect(LostNumbers.afterScaling(set.examples, rows: nil, scaling: kept).isEmpty)
    }

    /// A word of the rows that are held out is nothing to the model.
    @Test func wordsOfOtherRowsAreSilent() throws {
        let set = try Dataset(
            CSVTests.source("kind,x,y\na,1,1\nb,2,2\nc,4,3\n", options: Self.regression))
        let statistics = FeatureStatistics(set.examples, rows: [0, 2])
        for normalization in [Normalization.standardize, .minMax(), .none] {
            let scaling = FeatureScaling(normalization, statistics).keepingWords(
                of: set.layout, maximum: statistics.maximum)
            #expect(Array(scaling.factor[..<3]) == [1, 0, 1] && Array(scaling.center[..<3]) == [0, 0, 0])
        }
    }

    @Test func tooManyWords() throws {
        func text(_ count: Int) -> String { "name,y\n" + (0..<count).map { "w\($0),1\n" }.joined() }
        #expect(
            try Dataset(CSVTests.source(text(WordColumn.most), options: Self.regression)).layout.width
                == WordColumn.most)
        let many = TestBytes.error(
            loading: CSVTests.source(text(WordColumn.most + 1), options: Self.regression))
        #expect(
            many?.description.hasPrefix(
                "data.csv:\(WordColumn.most + 2):1: expected at most 1000 different words in column \"name\", found more, leave the column out with ignore: [name]"
            ) == true, "\(many.debugDescription)")
        // That is no matter of a column with a number, which is reported as such.
        let mixed = TestBytes.error(
            loading: CSVTests.source(text(WordColumn.most + 1) + "7,1\n", options: Self.regression))
        #expect(mixed?.place == "2:1")
        let long = TestBytes.error(
            loading: CSVTests.source(
                "a,y\n\(String(repeating: "x", count: WordColumn.mostBytes + 1)),1\n",
                options: Self.regression))
        #expect(long?.expected == "a word of at most 1024 bytes in column \"a\"")
        let latin = DatasetSource(
            csv: [.memory(name: "data.csv", bytes: Array("a,y\ncaf".utf8) + [0xe9] + Array(",1\n".utf8))],
            options: Self.regression)
        #expect(TestBytes.error(loading: latin)?.expected == "UTF-8 text")
    }

    /// The width is known before the labels' meaning is.
    @Test(arguments: [("1,Bonn,2\n2,Aachen,3\n", 3), ("1,,2\n2,Aachen,3\n", 2), ("1,2,3\n", 2)])
    func outlineCountsWords(rows: String, width: Int) throws {
        let source = CSVTests.source("a,city,y\n" + rows, options: CSVOptions(label: [.name("y")]))
        #expect(try source.outline().exampleShape == [width])
    }
}
