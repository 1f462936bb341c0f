import Testing

@testable import Datasets

/// Text as a data set.
@Suite struct TextTests {
    private static func source(_ texts: [String], _ options: TextOptions) -> DatasetSource {
        source(texts.map { Array($0.utf8) }, options)
    }

    private static func source(_ texts: [[UInt8]], _ options: TextOptions) -> DatasetSource {
        DatasetSource(
            text: texts.enumerated().map { .memory(name: "text\($0)", bytes: $1) }, options: options)
    }

    private static func tokens(_ set: Dataset) -> [[Int]] {
        (0..<set.count).map { row in
            let features = set.examples.features(ofRow: row)
            return features.prefix(Int(set.examples.lengths?[row] ?? 0)).map { Int($0) }
        }
    }

    private static func labels(_ set: Dataset) -> [[Int]] {
        let width = set.layout.labelWidth
        return (0..<set.count).map { row in
            (0..<width).map { Int(set.examples.classIndices?[row * width + $0] ?? -9) }
        }
    }

    /// Every token but a file's first is a label exactly once, whatever the length and the pieces that files are read in.
    @Test(arguments: [1, 2, 3, 5, 64, 65_535])
    func everyTokenIsALabelOnce(length: Int) throws {
        let texts = ["abracadabra", "ba", String(repeating: "äbc", count: 20_000)]
        let set = try Dataset(Self.source(texts, TextOptions(length: length)))
        let vocabulary = try #require(set.layout.vocabulary)
        let (tokens, targets) = (Self.tokens(set), Self.labels(set))
        var (row, files) = (0, [Int]())
        for text in texts {
            let expected = text.unicodeScalars.map { String($0) }
            var (inputs, labels) = ([String](), [String]())
            let first = row
            while labels.count < expected.count - 1 {
                inputs += tokens[row].map { vocabulary.texts[$0] }
                labels += targets[row].filter { $0 >= 0 }.map { vocabulary.texts[$0] }
                row += 1
                #expect(inputs.count == labels.count)
            }
            files.append(row - first)
            #expect(inputs == expected.dropLast() && labels == Array(expected.dropFirst()))
        }
        #expect(row == set.count && set.layout.fileExamples == files)
        // Nothing counts behind a length.
        for row in 0..<set.count {
            let length = Int(set.examples.lengths?[row] ?? 0)
            #expect(targets[row].dropFirst(length).allSatisfy { $0 == -1 })
            #expect(set.examples.features(ofRow: row).dropFirst(length).allSatisfy { $0 == 0 })
        }
    }

    @Test func vocabularies() throws {
        func vocabulary(_ text: String, _ options: TextOptions) throws -> TextVocabulary {
            try #require(try Self.source([text], options).inspect().vocabulary)
        }
        // By frequency, then by bytes.
        let all = try vocabulary("cabbacb", TextOptions())
        #expect(all.texts == ["b", "a", "c"] && !all.hasUnknown && all.count == 3)
        let cut = try vocabulary("cabbacb", TextOptions(vocabulary: 2))
        #expect(cut.texts == ["", "b"] && cut.hasUnknown)
        #expect(try vocabulary("cabbacbd", TextOptions(minimumCount: 2)).texts == ["", "b", "a", "c"])
        #expect(try vocabulary("ab", TextOptions(hasUnknown: true)).texts == ["", "a", "b"])
        let whole = try vocabulary("cabbacb", TextOptions(vocabulary: 3))
        #expect(whole.texts == ["b", "a", "c"])
        let words = try vocabulary(
            "The dog, the dog's-ear; naïve. The", TextOptions(tokens: .words))
        #expect(words.texts == ["", "The", ",", ".", ";", "dog", "dog's-ear", "naïve", "the"])
        #expect(words.text(of: [1, 5, 2, 8, 0, 3]) == "The dog, the <unknown>.")
        let bytes = try vocabulary("ab", TextOptions(tokens: .bytes))
        #expect(bytes.count == 256 && bytes.text(of: [0xc3, 0xa4]) == "ä")
    }

    @Test func knownVocabulary() throws {
        let training = try Dataset(Self.source(["abcabcab"], TextOptions(length: 4)))
        func other(_ text: String, _ options: TextOptions) -> DatasetSource {
            Self.source([text], options).following(
                classes: 3, names: nil, vocabulary: training.layout.vocabulary)
        }
        let test = try Dataset(other("cba", TextOptions(length: 4)))
        #expect(Self.tokens(test) == [[2, 1]] && test.layout.classCount == 3)
        let error = TestBytes.error(loading: other("abxd", TextOptions(length: 4)))
        #expect(
            error?.description
                == "\"x\" is not in the vocabulary of the training set, text0, train with unknown: true, or with text that has it"
        )
    }

    @Test func classification() throws {
        let options = TextOptions(length: 3, task: .classification)
        let set = try Dataset(Self.source(["b\tabcd\r\n\na\tca\n", "b\tb"], options))
        #expect(set.layout.classNames == ["a", "b"] && set.classCount == 2)
        #expect(set.layout.cutExamples == 1 && set.layout.fileExamples == nil && set.layout.labelShape == [])
        let texts = try #require(set.layout.vocabulary).texts
        #expect(Self.tokens(set).map { $0.map { texts[$0] }.joined() } == ["abc", "ca", "b"])
        #expect(TestBytes.classes(set) == [1, 0, 1])
        // Without labels, a line may have none.
        let plain = Self.source(["abc\nx\tc\n"], options).withoutLabels
            .following(classes: 2, names: ["a", "b"], vocabulary: set.layout.vocabulary)
        #expect(try Self.tokens(Dataset(plain)).count == 2)
    }

    /// Broken text is one error, with its place.
    @Test func errors() {
        let lines = TextOptions(length: 3, task: .classification)
        for (bytes, options, says) in [
            (Array("a".utf8), TextOptions(), "expected text of at least two tokens, found 1 token, text0"),
            ([], TextOptions(), "found 0 tokens"),
            ([0x61, 0xff, 0x62], TextOptions(), "expected UTF-8, found other bytes at byte 1"),
            ([0x61, 0x62, 0xe2, 0x82], TextOptions(), "expected UTF-8"),
            ([0x61, 0xc0, 0x80, 0x62], TextOptions(), "expected UTF-8"),
            ([0x61, 0xed, 0xa0, 0x80], TextOptions(), "expected UTF-8"),
            ([0x61, 0xf4, 0x90, 0x80, 0x80], TextOptions(tokens: .words), "expected UTF-8"),
            (Array("a\tb\nc\n".utf8), lines, "text0:2: expected a label, a tab and a text, found no tab"),
            (Array("a\tb\nc\t\n".utf8), lines, "text0:2: expected a text, found none"),
            (Array("\n".utf8), lines, "expected at least one line, found none"),
            ([0x61, 0x09, 0xff], lines, "text0:1: expected UTF-8"),
        ] as [([UInt8], TextOptions, String)] {
            let error = TestBytes.error(loading: Self.source([bytes], options))
            #expect(error?.description.contains(says) == true, "\(String(describing: error)), \(says)")
        }
        let unseen = Self.source(["c\tb"], lines).following(classes: 2, names: ["a", "b"])
        #expect(
            TestBytes.error(loading: unseen)?.description.contains(
                "text0:1: expected a label of the training set, found \"c\"") == true)
    }

    /// Scalars of every length, cut anywhere, are the same tokens as Swift's own.
    @Test func anyPieces() throws {
        let text = "aä€😀 \u{10ffff}\u{7ff}\u{800}\u{ffff}z"
        let bytes = Array(text.utf8)
        for kind in [TextOptions.Tokens.characters, .words, .bytes] {
            var whole: [TextToken]?
            for size in 1...bytes.count {
                var (cutter, found) = (TextCutter(kind), [TextToken]())
                for start in stride(from: 0, to: bytes.count, by: size) {
                    let isText = try cutter.cut(bytes[start..<min(start + size, bytes.count)]) {
                        found.append($0)
                    }
                    #expect(isText)
                }
                #expect(try cutter.end { found.append($0) })
                #expect(found == whole ?? found)
                whole = found
            }
            if kind == .characters { #expect(whole == text.unicodeScalars.map { .number($0.value) }) }
            if kind == .bytes { #expect(whole == bytes.map { .number(UInt32($0)) }) }
        }
    }

    /// A validation fraction is the end of each file.
    @Test func validationIsTheEndOfFiles() throws {
        let layout = try Self.source(
            [String(repeating: "ab", count: 50), String(repeating: "ba", count: 11)], TextOptions(length: 3)
        ).inspect()
        #expect(layout.fileExamples == [33, 7])
        let split = try ValidationSplit(layout, fraction: 0.1, seed: 1, name: "text")
        #expect(split.validation == [30, 31, 32, 39] && split.training.count == 36)
        let small = try Self.source(["abc"], TextOptions(length: 3)).inspect()
        #expect(throws: DataError.self) {
            try ValidationSplit(small, fraction: 0.5, seed: 1, name: "text")
        }
    }
}
