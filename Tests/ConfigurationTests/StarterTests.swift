import Datasets
import Foundation
import Testing
import Training

@testable import Configuration

/// Configurations to start from, made for tables that were looked at.
@Suite struct StarterTests {
    /// The configuration for a table with this text, which is one that reads.
    private static func starter(
        _ text: String, label: String? = nil
    ) throws -> (starter: StarterConfiguration, run: RunConfiguration) {
        let path = NSTemporaryDirectory() + "starter-\(UUID().uuidString).csv"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        let starter = try StarterConfiguration(
            table: .init(path, written: "table.csv"), test: nil, label: label, name: "table")
        return (starter, try read(starter.yaml))
    }

    private static func table(_ header: String, _ count: Int, _ row: (Int) -> String) -> String {
        header + "\n" + (0..<count).map { row($0) + "\n" }.joined()
    }

    private static func problem(_ text: String, label: String? = nil) -> String {
        do {
            let starter = try starter(text, label: label).starter
            Issue.record("accepted: \(starter.yaml)")
            return ""
        } catch { return "\(error)" }
    }

    @Test func wordsAreClasses() throws {
        let (starter, run) = try Self.starter(
            Self.table("id,size,city,kind", 100) {
                "\($0 + 3),\($0 * 7 % 13).5,\(["Bonn", "Aachen"][$0 % 2]),\(["ant", "bee", "cat"][$0 % 3])"
            })
        let data = run.settings.data.training
        #expect(data.csv.label == [.name("kind")] && data.csv.ignored == [.name("id")])
        #expect(data.task == .classification && run.loss.name == "cross_entropy")
        #expect(run.layerLines.last == "linear: {out: 3, bias: true}", "\(run.yaml)")
        #expect(run.settings.data.validation == .fraction(0.2))
        #expect(
            starter.yaml.contains("# left out \"id\": whole numbers that ascend from row to row")
                && starter.yaml.contains("# feature \"city\": 2 words, \"Aachen\" 50, \"Bonn\" 50")
                && starter.yaml.contains("task: classification  # 3 different words, so classes"),
            "\(starter.yaml)")
        #expect(starter.yaml.contains("linear: 16  # of 3 features"), "\(starter.yaml)")
        #expect(
            starter.findings.map(\.title) == ["table", "label", "features", "left out"],
            "\(starter.findings)")
    }

    @Test(arguments: [
        // Few whole numbers are classes, many and fractions are numbers.
        ("7", LabelTask.classification), ("40", .regression), ("7.5", .regression),
    ])
    func taskGoesWithTheLabel(step: String, task: LabelTask) throws {
        let modulus = step == "40" ? 40 : 4
        let (_, run) = try Self.starter(
            Self.table("x,y", 120) {
                "\($0 * 7 % 13),\(step == "7.5" ? "\($0 % modulus).5" : "\($0 % modulus)")"
            })
        #expect(run.settings.data.training.task == task)
        #expect(run.loss.name == (task == .classification ? "cross_entropy" : "mse"))
    }

    /// The rate goes with the root of the size, because two layers grow at once.
    @Test func rateGoesWithTheSizeOfTheTarget() {
        let sizes = StarterSizes(examples: 100, features: 3, outputs: 1)
        #expect(sizes.rate(targets: 1) == 0.01 && sizes.rate(targets: 1e4) == 1)
        #expect(sizes.rate(targets: 300_000) == 5 && sizes.rate(targets: 1e-4) == 1e-4)
        #expect(sizes.width == 16 && sizes.batch == 16 && sizes.epochs == 200)
        let large = StarterSizes(examples: 100_000, features: 20, outputs: 2)
        #expect(large.width == 256 && large.batch == 256 && large.epochs == 10 && large.isDeep)
        #expect(StarterSizes(examples: 3, features: 3, outputs: 2).batch == 2)
    }

    @Test func columnsThatTellNothingAreLeftOut() throws {
        let (starter, run) = try Self.starter(
            Self.table("name,same,gap,x,mixed,date,y", 50) {
                "n\($0),1,\($0 % 5 == 3 ? "" : "2"),\($0 * 7 % 11),\($0 == 7 ? "x" : "1"),2024-01-\(10 + $0 % 9),\($0 % 2)"
            })
        #expect(
            run.settings.data.training.csv.ignored
                == ["name", "same", "gap", "mixed", "date"].map(CSVOptions.Column.name))
        for reason in [
            "\"name\": a different word in every row", "\"same\": the same in every row",
            "\"gap\": 10 of 50 fields are empty, the first in line 5",
            "\"mixed\": neither numbers alone nor words, with \"x\" in line 9",
            "\"date\": neither numbers alone nor words",
        ] { #expect(starter.yaml.contains("# left out \(reason)"), "\(starter.yaml)") }
        // Ascending numbers that are all there is are used.
        let time = try Self.starter(Self.table("time,y", 50) { "\($0),\($0 % 7).5" }).run
        #expect(time.settings.data.training.csv.ignored.isEmpty)
    }

    /// Names that YAML would take for something else, names that stand twice, and text that would end a comment.
    @Test func anyNameIsWrittenAsOne() throws {
        let (starter, run) = try Self.starter(
            Self.table("\"a: b #\",\"new\nline\",twice,twice,true,\"y\"\"\u{e9}\"", 40) {
                "\($0),\($0 * 3 % 7),\($0 * 5 % 7),1,\($0 * 2 % 9),\"k\(["\n: x", "b"][$0 % 2])\""
            })
        #expect(
            run.settings.data.training.csv.ignored == [.name("a: b #"), .index(3)], "\(starter.yaml)")
        #expect(run.settings.data.training.csv.label == [.name("y\"\u{e9}")])
        #expect(starter.yaml.contains("# feature \"new?line\""), "\(starter.yaml)")
        #expect(starter.yaml.contains("\"k?: x\" 20"), "\(starter.yaml)")
    }

    @Test func tablesWithoutAHeader() throws {
        let (_, run) = try Self.starter(
            (0..<60).map { "\($0 % 7).1;\($0 % 5).2;\(["a", "b"][$0 % 2])\n" }.joined())
        let csv = run.settings.data.training.csv
        #expect(csv.label == [.index(2)] && !csv.hasHeader && csv.delimiter == UInt8(ascii: ";"))
    }

    @Test func whatCannotBePredicted() {
        let rows = (0..<30).map { "\($0 * 7 % 11)" }
        func table(_ label: (Int) -> String, _ feature: ((Int) -> String)? = nil) -> String {
            Self.table("x,y", 30) { "\(feature?($0) ?? rows[$0]),\(label($0))" }
        }
        for (text, label, says) in [
            (table { $0 == 4 ? "" : "1.5" }, nil, "1 field of it is empty, the first in line 6; fill"),
            (table { _ in "1" }, nil, "it is the same in every row"),
            (table { "n\($0)" }, nil, "hardly a word in it occurs twice"),
            (table { $0 == 4 ? "a" : "\($0).5" }, nil, "it has numbers and other text, \"a\" in line 6"),
            (
                table {
                    "\($0 % 3)"
                } _: {
                    "n\($0)"
                }, nil, "has no column to predict \"y\" from: \"x\" (a diff"
            ),
            (table { "\($0 % 3)" }, "X", "has no column \"X\" (--label): did you mean \"x\"?"),
            (table { "\($0 % 3)" }, "price", "(--label): its columns are \"x\", \"y\""),
            ("y\n1\n2\n", nil, "has a single column"),
        ] as [(String, String?, String)] {
            #expect(Self.problem(text, label: label).contains(says), "\(Self.problem(text, label: label))")
        }
    }

    @Test(arguments: [
        ([1, 28, 28], true, "linear: 64"), ([3, 32, 32], true, "linear: 64"),
        ([3, 300, 400], true, "global_avg_pool"), ([28, 28], false, "flatten"),
        ([28, 28, 1], false, "flatten"), ([12], false, "linear: 16"), ([1, 4, 4], false, "flatten"),
    ])
    func imagesGetConvolutions(shape: [Int], isConvolutional: Bool, layer: String) throws {
        let model = ArrayModel(shape)
        #expect(model.isConvolutional == isConvolutional)
        var sizes = StarterSizes(examples: 200, features: shape.reduce(1, *), outputs: 5)
        sizes.isConvolutional = model.isConvolutional
        let layers = model.layers(sizes, isClassification: true)
        #expect(layers.contains(layer) && layers.contains("batch_norm") == isConvolutional, "\(layers)")
        #expect((model.remark != nil) == (shape.count == 2 || shape.last == 1))
        let run = try read(dataLine + "model:\n" + layers.map { "  - \($0)\n" }.joined())
        // The layers fit the shape.
        #expect(throws: Never.self) {
            _ = try run.makeModel(classes: 5)
        }
    }
}
