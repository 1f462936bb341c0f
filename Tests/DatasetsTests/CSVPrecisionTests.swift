import Randomness
import Testing

@testable import Datasets

/// Columns that Float32 is too coarse for are kept in Float64, and the others are what they were.
@Suite struct CSVPrecisionTests {
    /// A table with a column x of Float32's precision beside columns of numbers.
    private static func table(_ columns: [[String]], names: [String]) -> String {
        (["x"] + names).joined(separator: ",") + "\n"
            + columns[0].indices.map { row in
                "0.\(row)1," + columns.map { $0[row] }.joined(separator: ",") + "\n"
            }.joined()
    }

    private static func load(_ columns: [[String]]) throws -> Dataset {
        let names = columns.indices.map { "c\($0)" }
        return try Dataset(
            CSVTests.source(table(columns, names: names), options: CSVOptions(label: [])))
    }

    struct Column: Sendable, CustomTestStringConvertible {
        let name: String
        let numbers: [String]
        var isWide = true
        var testDescription: String { name }
    }

    static let columns: [Column] = [
        Column(name: "Unix times", numbers: (0..<40).map { "\(1_700_000_000 + $0)" }),
        Column(name: "Unix times as floats", numbers: (0..<40).map { "\(1_700_000_000 + $0).0" }),
        Column(name: "milliseconds", numbers: (0..<40).map { "1700000000.\(100 + $0)" }),
        Column(name: "two ids among small ones", numbers: ["3", "20000001", "20000000", "70000"]),
        Column(name: "negative", numbers: ["-16777217", "-16777216", "5"]),
        Column(name: "dates", numbers: ["20240131", "20240130", "20240129", "20240128"]),
        Column(name: "an offset", numbers: ["5412345.12", "5412345.23", "5412380.5"]),
        Column(name: "exponents", numbers: ["1.700000001e9", "1700000000", "17.00000002E+8"]),
        Column(name: "short beside long", numbers: ["0.5", "0.5000000001", "0.5000001"]),
        // Apart in Float32, or apart by less than it could tell around 0 either.
        Column(name: "small whole numbers", numbers: (0..<40).map { "\(16_777_216 - $0)" }, isWide: false),
        Column(name: "multiples", numbers: (0..<40).map { "\(1_000_000_000 + 64 * $0)" }, isWide: false),
        Column(name: "once each", numbers: ["1700000001", "1700000001", "1600000003"], isWide: false),
        Column(name: "rounding", numbers: ["0.3", "0.30000000000000004", "0.1", "7"], isWide: false),
        Column(name: "constant but for rounding", numbers: ["0.3", "0.30000000000000004"], isWide: false),
        Column(
            name: "long fractions", numbers: ["0.12345678901", "0.12345678902", "0.9", "-1"], isWide: false),
        Column(name: "zeros", numbers: ["1.5000000000", "1.5", "0001.50000"], isWide: false),
        Column(name: "words", numbers: ["1700000000", "1.70000000x"], isWide: false),
    ]

    @Test(arguments: columns) func onlyWhatIsMergedIsWide(_ column: Column) throws {
        let source = CSVTests.source(
            Self.table([column.numbers, column.numbers.map { _ in "0.1" }], names: ["c", "d"]),
            options: CSVOptions(label: []))
        let layout = try source.inspect()
        #expect(layout.wideFeatures == (column.isWide ? [1] : nil))
        #expect(layout.elementType == (column.isWide ? .float64 : .float32) && layout.lostNumbers == nil)
        guard column.isWide else { return }
        let set = try Dataset(source)
        let values = TestBytes.features(set, as: Double.self)
        for (row, number) in column.numbers.enumerated() {
            #expect(values[3 * row] == Double(Float("0.\(row)1") ?? .nan))
            #expect(values[3 * row + 1] == Double(number))
            #expect(values[3 * row + 2] == Double(Float(0.1)))
        }
    }

    /// Beside a column in Float64 the others keep their statistics and every bit of what the model sees.
    @Test func otherColumnsKeepTheirBytes() throws {
        let random = CounterRandom(seed: 8, purpose: .test)
        let plain = (0..<150).map { (i: UInt64) in "\(random.normal(at: i))" }
        let fine = (0..<150).map { "\(1_700_000_000 + $0 * 37 % 150)" }
        for normalization in [Normalization.standardize, .minMax(), .none] {
            let alone = try Self.load([plain])
            let beside = try Self.load([plain, fine])
            #expect(alone.layout.elementType == .float32 && beside.layout.wideFeatures == [2])
            let scalings = [alone, beside].map { set in
                FeatureScaling(normalization, FeatureStatistics(set.examples))
            }
            #expect(scalings[0].center == Array(scalings[1].center[..<2]))
            #expect(scalings[0].factor == Array(scalings[1].factor[..<2]))
            let narrow = TestBytes.features(alone, as: Float.self)
            let wide = TestBytes.features(beside, as: Double.self)
            var times: Set<Float> = []
            for row in 0..<150 {
                for feature in 0..<2 {
                    let (center, factor) = (scalings[0].center[feature], scalings[0].factor[feature])
                    let own = (Double(narrow[2 * row + feature]) - center) * factor
                    let other = (wide[3 * row + feature] - center) * factor
                    #expect(Float(own) == Float(other))
                }
                let time = (wide[3 * row + 2] - scalings[1].center[2]) * scalings[1].factor[2]
                times.insert(Float(time))
            }
            #expect(times.count == (normalization == .none ? 2 : 150))
            let lost = LostNumbers.afterScaling(beside.examples, rows: nil, scaling: scalings[1])
            #expect(
                lost.map(\.description)
                    == (normalization == .none ? ["column \"c1\" (1700000000 and 1700000001)"] : []))
        }
    }

    /// Another table is read with the precision of the training set, whatever it holds.
    @Test func anotherSetHasThePrecisionOfTheTrainingSet() throws {
        let source = CSVTests.source("b,a\n1700000001,1700000001\n3,4\n", options: CSVOptions(label: []))
        let wide = try Dataset(
            source.following(classes: nil, names: nil, features: ["a", "b"], wideFeatures: [1]))
        #expect(TestBytes.features(wide, as: Double.self) == [1_700_000_000, 1_700_000_001, 4, 3])
        let times = CSVTests.source("a\n1700000001\n1700000000\n", options: CSVOptions(label: []))
        let narrow = try Dataset(times.following(classes: nil, names: nil, features: ["a"]))
        #expect(TestBytes.features(narrow, as: Float.self) == [1_700_000_000, 1_700_000_000])
    }

    /// Targets are Float32, and whole numbers may be too long for Float64: nothing but words can be done about that.
    @Test func whatIsLostAllTheSameIsNamed() throws {
        let text = "id,y\n12345678901234567,1700000001\n12345678901234568,1700000000\n7,3\n"
        let source = CSVTests.source(
            text, options: CSVOptions(label: [.name("y")], task: .regression))
        #expect(
            try source.inspect().lostNumbers?.map(\.description) == [
                "column \"id\" (12345678901234567 and 12345678901234568)",
                "column \"y\" (1700000000 and 1700000001)",
            ])
        let prices = CSVTests.source(
            "2;1700000001\n1;1700000000\n",
            options: CSVOptions(
                label: [.index(1)], task: .regression, hasHeader: false, delimiter: UInt8(ascii: ";")))
        #expect(
            try prices.inspect().lostNumbers?.map(\.description) == ["column 1 (1700000000 and 1700000001)"])
    }

    /// More numbers than are kept at once, the two that are merged far apart.
    @Test func manyNumbers() throws {
        func layout(_ last: String) throws -> DatasetLayout {
            let rows = (0..<20_000).map { "\(1_000_000_000 + 64 * ($0 * 7919 % 20_000)),1\n" }
            return try CSVTests.source(
                "a,b\n" + rows.joined() + "\(last),1\n", options: CSVOptions(label: [])
            ).inspect()
        }
        #expect(try layout("1000000000").wideFeatures == nil)
        #expect(try layout("1000000001").wideFeatures == [0])
    }

    @Test func decimalsAreTheNearestFloat64() throws {
        func double(_ text: String) throws -> Double {
            try Array(text.utf8).withUnsafeBytes { try DecimalNumber.double($0) }
        }
        for text in [
            "0.30000000000000004", "-1700000000.123", "9007199254740993", "1e22", "1e23",
            "123456789012345678901",
            "1.7976931348623157e-308", "0.1", "-0", "4.35", "0.000001e-30", "8.5e-25", "12345678901234567e3",
        ] {
            #expect(try double(text).bitPattern == #require(Double(text)).bitPattern, "\(text)")
        }
        #expect(try double("1.") == 1 && double(".5e1") == 5)
        #expect(throws: DecimalNumber.Failure.tooLarge) { try double("1e39") }
        #expect(throws: DecimalNumber.Failure.text) { try double("1_000") }
        func digits(_ text: String) -> Int {
            Array(text.utf8).withUnsafeBytes(DecimalNumber.significantDigits)
        }
        #expect(
            digits("-0012.3400") == 4 && digits("1000") == 1 && digits("1.05e17") == 3 && digits("0.0") == 0)
    }
}
