import Testing

@testable import Datasets

@Suite struct NPYTests {
    static let values: [Float] = [1, 2, 3, -4, 5.5, 0.1]

    @Test(arguments: [1, 2, 3] as [UInt8]) func versions(version: UInt8) throws {
        let file = TestBytes.npy(
            TestBytes.header("<f4", "(2, 3)"), version: version, data: TestBytes.bytes(Self.values))
        let set = try Dataset(TestBytes.source(.npy, file))
        #expect(set.exampleShape == [3])
        #expect(set.layout.labels == .none && set.classCount == nil)
        #expect(TestBytes.features(set, as: Float.self) == Self.values)
    }

    @Test func shapesStayAsTheyAre() throws {
        let header = TestBytes.header("<f8", "(1, 2, 3)")
        let file = TestBytes.npy(header, data: TestBytes.bytes(Self.values.map(Double.init)))
        let set = try Dataset(TestBytes.source(.npy, TestBytes.gzip(file)))
        #expect(set.exampleShape == [2, 3])
        #expect(set.layout.channels == 1 && set.layout.channelWidth == 6)
        #expect(TestBytes.features(set, as: Double.self) == Self.values.map(Double.init))
    }

    @Test(arguments: ["|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8"])
    func integerLabels(descr: String) throws {
        let size = descr.last.flatMap(\.wholeNumberValue) ?? 0
        let labels: [Int] = [3, 0, 127]
        let bytes = labels.flatMap { label in (0..<size).map { UInt8(truncatingIfNeeded: label >> (8 * $0)) }
        }
        let features = TestBytes.npy(TestBytes.header("|u1", "(3, 1)"), data: [1, 2, 3])
        let set = try Dataset(
            TestBytes.source(.npy, features, TestBytes.npy(TestBytes.header(descr, "(3,)"), data: bytes)))
        #expect(set.examples.classes.map(Array.init) == [3, 0, 127])
        #expect(set.classCount == 128)
    }

    @Test(arguments: [("(2,)", 1), ("(2, 1)", 1), ("(2, 2)", 2)])
    func floatTargets(shape: String, width: Int) throws {
        let features = TestBytes.npy(TestBytes.header("|u1", "(2, 1)"), data: [1, 2])
        let targets = (0..<2 * width).map { Double($0) + 0.25 }
        let file = TestBytes.npy(TestBytes.header("<f8", shape), data: TestBytes.bytes(targets))
        let set = try Dataset(TestBytes.source(.npy, features, file))
        #expect(set.layout.labels == .targets(width: width))
        #expect(set.examples.targets.map(Array.init) == targets.map(Float.init))
    }

    static let refused: [(String, DataError.Kind, String)] = [
        (TestBytes.header("<f4", "(2, 3)", order: "True"), .unsupported, "Fortran order"),
        (TestBytes.header(">f4", "(2, 3)"), .unsupported, "big-endian"),
        (TestBytes.header("|O", "(2, 3)"), .unsupported, "Python objects"),
        (TestBytes.header("<f2", "(2, 3)"), .unsupported, "'<f2' is not supported"),
        (TestBytes.header("|b1", "(2, 3)"), .unsupported, "not supported"),
        (TestBytes.header("<U7", "(2, 3)"), .unsupported, "is text"),
        ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", .unsupported, "structured"),
        (TestBytes.header("<f4", "(-2, 3)"), .header, "not negative"),
        (TestBytes.header("<f4", "(1099511627776, 3)"), .size, "header says 13194139533440"),
        (TestBytes.header("<f4", "(4611686018427387904, 3)"), .header, "more bytes than any file"),
        (TestBytes.header("<f4", "(99999999999999999999, 3)"), .header, "below 2^63"),
        (TestBytes.header("<f4", "(2)"), .header, "comma"),
        (TestBytes.header("<f4", "(2, 3"), .header, "decimal"),
        (TestBytes.header("<f4", "(2, 3L)"), .header, "')'"),
        (TestBytes.header("<f4", "(2, , 3)"), .header, "decimal"),
        (TestBytes.header("<f4", "(2, 0x3)"), .header, "')'"),
        (TestBytes.header("<f4", "(2, 3)", order: "0"), .header, "True or False"),
        ("{'descr': '<f4', 'fortran_order': False, }", .header, "once each"),
        ("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", .header, "once each"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'x': 1}", .header, "once each"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} x", .header, "line feed"),
        ("{'descr': '<f4' 'fortran_order': False, 'shape': (2, 3)}", .header, "'}'"),
        ("{'descr: '<f4', 'fortran_order': False, 'shape': (2, 3)}", .header, "':'"),
        ("{'descr': '<\u{e9}4', 'fortran_order': False, 'shape': (2, 3)}", .header, "plain"),
        ("", .header, "'{'"),
        ("__import__('os')", .header, "'{'"),
    ]

    @Test(arguments: refused) func refusedHeaders(header: String, kind: DataError.Kind, says: String) {
        let file = TestBytes.npy(header, data: TestBytes.bytes(Self.values))
        let error = TestBytes.error(loading: TestBytes.source(.npy, file))
        #expect(error?.kind == kind)
        #expect(error?.description.contains(says) == true, "\(error.debugDescription)")
        #expect(error?.description.contains("\n") == false)
    }

    @Test func scalarsAndEmptyArraysAreRefused() {
        let scalar = TestBytes.npy(TestBytes.header("<f4", "()"), data: [0, 0, 0, 0])
        #expect(TestBytes.error(loading: TestBytes.source(.npy, scalar))?.kind == .unsupported)
        let empty = TestBytes.npy(TestBytes.header("<f4", "(0, 3)"), data: [])
        #expect(TestBytes.error(loading: TestBytes.source(.npy, empty))?.kind == .empty)
        let features = TestBytes.npy(TestBytes.header("<f4", "(1, 1)"), data: [0, 0, 0, 0])
        for label in [scalar, empty] {
            #expect(TestBytes.error(loading: TestBytes.source(.npy, features, label))?.kind == .mismatch)
        }
    }

    /// Rows without elements take no bytes, so that files may have more of them than an Int counts.
    @Test func rowsOfAllFilesAreCounted() {
        let many = TestBytes.npy(TestBytes.header("|u1", "(4611686018427387904, 0)"), data: [])
        let files = (1...3).map { DataOrigin.memory(name: "\($0).npy", bytes: many) }
        #expect {
            try ArrayFiles(files, format: .npy)
        } throws: {
            ($0 as? DataError)?.kind == .mismatch && "\($0)".contains("fewer than 2^63 rows")
        }
    }

    @Test func keysMayComeInAnyOrderAndWithDoubleQuotes() throws {
        let header = "{\"shape\":(2,3),\"fortran_order\":False,\"descr\":\"<f4\"}"
        let file = TestBytes.npy(header, data: TestBytes.bytes(Self.values))
        #expect(try TestBytes.source(.npy, file).inspect().count == 2)
    }

    @Test func framingIsChecked() {
        let good = TestBytes.npy(TestBytes.header("<f4", "(2, 3)"), data: TestBytes.bytes(Self.values))
        func kind(_ bytes: [UInt8]) -> DataError.Kind? {
            TestBytes.error(loading: TestBytes.source(.npy, bytes))?.kind
        }
        #expect(kind(good) == nil)
        #expect(kind(Array(good.dropLast())) == .size)
        #expect(kind(good + [0]) == .size)
        #expect(kind([1] + good.dropFirst()) == .magic)
        var version = good
        version[6] = 4
        #expect(kind(version) == .unsupported)
        let unpadded = TestBytes.npy(TestBytes.header("<f4", "(2, 3)"), pad: false, data: [])
        #expect(kind(unpadded) == .header)
        let long: [UInt8] = [0x93] + Array("NUMPY".utf8) + [2, 0, 255, 255, 255, 255]
        #expect(kind(long) == .header)
        for count in 0..<good.count { #expect(kind(Array(good[..<count])) != nil) }
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity]) func featuresMustBeFinite(bad: Float) {
        var values = [Float](repeating: 0, count: 3 * 5000)
        values[3 * 4321 + 2] = bad
        let file = TestBytes.npy(TestBytes.header("<f4", "(5000, 3)"), data: TestBytes.bytes(values))
        let error = TestBytes.error(loading: TestBytes.source(.npy, file))
        #expect(error?.kind == .notFinite)
        #expect(error?.description.contains("feature 2 of example 4321 is \(Double(bad))") == true)
        let doubles = TestBytes.npy(
            TestBytes.header("<f8", "(2, 1)"), data: TestBytes.bytes([1, Double(bad)]))
        let wide = TestBytes.error(loading: TestBytes.source(.npy, doubles))
        #expect(wide?.description.contains("feature 0 of example 1") == true)
    }

    @Test func targetsMustBeFinite() {
        let features = TestBytes.npy(TestBytes.header("|u1", "(2, 1)"), data: [1, 2])
        for bad in [Double.nan, 1e300] {
            let targets = TestBytes.npy(
                TestBytes.header("<f8", "(2, 2)"), data: TestBytes.bytes([0, 0, 0, bad]))
            let error = TestBytes.error(loading: TestBytes.source(.npy, features, targets))
            #expect(error?.path == "labels")
            #expect(error?.description.contains("target 1 of example 1") == true)
        }
    }

    @Test func labelsBeyondInt32AreErrors() {
        let features = TestBytes.npy(TestBytes.header("|u1", "(2, 1)"), data: [1, 2])
        let labels = TestBytes.npy(
            TestBytes.header("<i8", "(2,)"), data: TestBytes.bytes([0, 1 << 40] as [Int64]))
        let error = TestBytes.error(loading: TestBytes.source(.npy, features, labels))
        #expect(error?.description.contains("the label of example 1 is 1099511627776") == true)
    }
}
