import Testing

@testable import Datasets

@Suite struct IDXTests {
    static let images = TestBytes.idx(sizes: [3, 2, 2], data: Array(1...12))
    static let labels = TestBytes.idx(sizes: [3], data: [2, 0, 1])

    @Test(arguments: [false, true]) func imagesGetOneChannel(compressed: Bool) throws {
        let pack = compressed ? TestBytes.gzip : { $0 }
        let set = try Dataset(TestBytes.source(.idx, pack(Self.images), pack(Self.labels)))
        #expect(set.exampleShape == [1, 2, 2])
        #expect(set.count == 3)
        #expect(set.classCount == 3)
        #expect(set.layout.elementType == .uint8)
        #expect(TestBytes.features(set, as: UInt8.self) == Array(1...12))
        #expect(set.examples.classes.map(Array.init) == [2, 0, 1])
    }

    @Test func twoDimensionsAreFeaturesAndFourKeepTheirChannels() throws {
        let two = TestBytes.source(.idx, TestBytes.idx(sizes: [2, 3], data: Array(0..<6)))
        #expect(try two.inspect().exampleShape == [3])
        let four = TestBytes.source(.idx, TestBytes.idx(sizes: [1, 3, 2, 1], data: Array(0..<6)))
        let layout = try four.inspect()
        #expect(layout.exampleShape == [3, 2, 1])
        #expect(layout.channels == 3 && layout.channelWidth == 2)
    }

    @Test func bigEndianFloatsAndLabels() throws {
        let values: [Float] = [1.5, -2, 0, .greatestFiniteMagnitude]
        let floats = TestBytes.idx(type: 0x0d, sizes: [2, 2], data: TestBytes.reversed(values))
        let wide = TestBytes.idx(type: 0x0c, sizes: [2], data: TestBytes.reversed([5, 258] as [Int32]))
        let set = try Dataset(TestBytes.source(.idx, floats, wide))
        #expect(TestBytes.features(set, as: Float.self) == values)
        #expect(set.examples.classes.map(Array.init) == [5, 258])
        let doubles = TestBytes.idx(type: 0x0e, sizes: [2, 1], data: TestBytes.reversed([0.1, -0.2]))
        let targets = TestBytes.idx(type: 0x0d, sizes: [2, 1], data: TestBytes.reversed([3, 4] as [Float]))
        let regression = try Dataset(TestBytes.source(.idx, doubles, targets))
        #expect(TestBytes.features(regression, as: Double.self) == [0.1, -0.2])
        #expect(regression.examples.targets.map(Array.init) == [3, 4])
        #expect(regression.layout.labels == .targets(width: 1))
    }

    @Test func membersThatFollowAreOneStream() throws {
        let twice = TestBytes.gzip(Array(Self.images[..<10])) + TestBytes.gzip(Array(Self.images[10...]))
        let set = try Dataset(TestBytes.source(.idx, twice))
        #expect(TestBytes.features(set, as: UInt8.self) == Array(1...12))
    }

    struct Broken: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let kind: DataError.Kind
        let bytes: [UInt8]
        let says: String

        init(_ name: String, _ kind: DataError.Kind, _ says: String, _ bytes: [UInt8]) {
            (testDescription, self.kind, self.says, self.bytes) = (name, kind, says, bytes)
        }
    }

    static let broken: [Broken] = [
        Broken("empty", .size, "file has 0 bytes", []),
        Broken("magic", .magic, "starts with 89 50 4e 47", [0x89, 0x50, 0x4e, 0x47, 0, 0]),
        Broken("type", .magic, "type byte is 0a", TestBytes.idx(type: 0x0a, sizes: [1, 1], data: [1])),
        Broken("no dimensions", .header, "no dimensions", [0, 0, 8, 0]),
        Broken("half a header", .size, "header says 12 bytes, file has 6 bytes", [0, 0, 8, 2, 0, 0]),
        Broken(
            "2^32-1 items", .size, "header says 4294967303 bytes, file has 10 bytes",
            [0, 0, 8, 1, 255, 255, 255, 255, 1, 2]),
        Broken(
            "product overflow", .header, "more bytes than any file has",
            TestBytes.idx(sizes: [.max, .max, .max, .max], data: [1])),
        Broken(
            "overflow hidden by a zero", .header, "more bytes",
            TestBytes.idx(sizes: [.max, .max, 0, .max], data: [])),
        Broken("short", .size, "header says 28 bytes, file has 27 bytes", Array(images.dropLast())),
        Broken("trailing", .size, "header says 28 bytes, file has 29 bytes", images + [0]),
        Broken("no examples", .empty, "shape (0, 2, 2)", TestBytes.idx(sizes: [0, 2, 2], data: [])),
        Broken("empty examples", .empty, "shape (2, 0)", TestBytes.idx(sizes: [2, 0], data: [])),
        Broken("one dimension", .unsupported, "(examples, ...)", labels),
        Broken(
            "int32 features beyond Float32", .unsupported, "feature 0 of example 0 is 16777217",
            TestBytes.idx(type: 12, sizes: [1, 1], data: [1, 0, 0, 1])),
        Broken("gzip cut", .gzip, "middle", Array(TestBytes.gzip(images).dropLast(9))),
        Broken(
            "gzip short", .size, "says 28 bytes, file has 27 bytes", TestBytes.gzip(images.dropLast())),
        Broken("gzip trailing", .size, "more than 28", TestBytes.gzip(images + [7])),
        Broken(
            "garbage after gzip", .gzip, "broken gzip", TestBytes.gzip(images) + [1, 2, 3, 4, 5, 6, 7, 8]),
    ]

    @Test(arguments: broken) func brokenFilesAreNamedErrors(_ file: Broken) {
        for name in ["features", "labels"] {
            let good = name == "features" ? nil : Self.images
            if good != nil && [.empty, .unsupported].contains(file.kind) { continue }
            let source = DatasetSource(
                format: .idx, features: .memory(name: "features", bytes: good ?? file.bytes),
                labels: good == nil ? nil : .memory(name: "labels", bytes: file.bytes))
            let error = TestBytes.error(loading: source)
            #expect(error?.kind == file.kind)
            #expect(error?.path == name)
            #expect(error?.description.contains(file.says) == true, "\(error.debugDescription)")
        }
    }

    @Test func everyCutIsAnError() {
        let compressed = TestBytes.gzip(Self.images)
        for count in 0..<Self.images.count {
            #expect(TestBytes.error(loading: TestBytes.source(.idx, Array(Self.images[..<count]))) != nil)
        }
        for count in 0..<compressed.count {
            #expect(TestBytes.error(loading: TestBytes.source(.idx, Array(compressed[..<count]))) != nil)
        }
    }

    @Test func aDamagedChecksumIsAnError() {
        var compressed = TestBytes.gzip(Self.images)
        compressed[compressed.count - 8] ^= 1
        #expect(TestBytes.error(loading: TestBytes.source(.idx, compressed))?.kind == .gzip)
    }

    @Test func labelsAreCheckedByExample() {
        let source = TestBytes.source(.idx, Self.images, Self.labels, classCount: 2)
        let error = TestBytes.error(loading: source)
        #expect(error?.kind == .label)
        #expect(error?.description.contains("the label of example 0 is 2, expected 0 to 1") == true)
        let negative = TestBytes.idx(type: 0x09, sizes: [3], data: [0, 1, 255])
        let below = TestBytes.error(loading: TestBytes.source(.idx, Self.images, negative))
        #expect(below?.description.contains("the label of example 2 is -1") == true)
    }

    @Test func countsMustAgree() {
        let four = TestBytes.idx(sizes: [4], data: [0, 0, 0, 0])
        let error = TestBytes.error(loading: TestBytes.source(.idx, Self.images, four))
        #expect(error?.kind == .mismatch)
        #expect(error?.expected.hasPrefix("3 labels") == true && error?.found == "4")
    }
}
