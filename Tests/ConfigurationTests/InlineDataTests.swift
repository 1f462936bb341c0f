import Datasets
import Testing

@testable import Configuration

/// Data in the configuration itself, and samples of data.
@Suite struct InlineDataTests {
    private func set(_ options: String) throws -> Dataset {
        let configuration = try read("model: mlp\ndata:\n  train: {format: inline, \(options)}\n")
        let again = try read(configuration.yaml)
        #expect(again == configuration, "\(configuration.yaml)")
        #expect(again.settings.data.training == configuration.settings.data.training)
        return try Dataset(again.settings.data.training)
    }

    @Test func rowsBecomeFloats() throws {
        let rows = "rows: [[1, 0.1], [1.0e-3, -16777217.5], [-0.0, 3.4e38]]"
        let numbers = try set("\(rows), labels: [[1, 2], [3, 0.1], [5, 6]]")
        #expect(
            (0..<3).flatMap { numbers.examples.features(ofRow: $0) } == [
                1, 0.1, 1e-3, -16_777_217.5, 0, 3.4e38,
            ])
        #expect(Array(try #require(numbers.examples.targets)) == [1, 2, 3, 0.1, 5, 6])
        #expect(numbers.exampleShape == [2])
        let classes = try set("\(rows), labels: [2, 0, 1]")
        #expect(Array(try #require(classes.examples.classes)) == [2, 0, 1] && classes.classCount == 3)
        let declared = try set("\(rows), labels: [2, 0, 1], classes: 5")
        #expect(declared.classCount == 5)
        let words = try set("\(rows), labels: [no, \"1\", cat]")
        #expect(words.layout.classNames == ["1", "cat", "no"])
        #expect(Array(try #require(words.examples.classes)) == [2, 0, 1])
        let targets = try set("\(rows), labels: [2, 0, 1], task: regression")
        #expect(Array(try #require(targets.examples.targets)) == [2, 0, 1])
        let one = try set("rows: [[7]], labels: [[8]]")
        #expect(one.count == 1)
    }

    @Test(arguments: [
        ("rows: [[1, 2], [3]], labels: [0, 1]", "rows.1: must be of 2 numbers as the first one is; it has 1"),
        ("rows: [], labels: []", "rows: must have at least one element"),
        ("rows: [[], []], labels: [0, 1]", "rows.0: must be a list of at least one number"),
        ("rows: [1, 2], labels: [0, 1]", "rows.0: expected a list of numbers, the features of one example"),
        ("rows: [[1], [.nan]], labels: [0, 1]", "rows.1.0: expected a number"),
        ("rows: [[1], [1e39]], labels: [0, 1]", "rows.1.0: must be a number that Float32 can hold"),
        ("rows: [[1], [x]], labels: [0, 1]", "rows.1.0: expected a number"),
        ("rows: [[1], [2]], labels: [0]", "labels: must be as many as rows, 2; there are 1"),
        ("rows: [[1], [2]], labels: [0, cat]", "labels.1: must be a whole number as the first one is"),
        ("rows: [[1], [2]], labels: [cat, [0]]", "labels.1: must be a word as the first one is"),
        ("rows: [[1], [2]], labels: [[1], 0]", "labels.1: must be a list of numbers as the first one is"),
        ("rows: [[1], [2]], labels: [[1], [2, 3]]", "labels.1: must be of 1 numbers as the first one is"),
        ("rows: [[1], [2]], labels: [0.5, 1]", "labels.0: must be a class, a whole number from 0, is 0.5"),
        ("rows: [[1], [2]], labels: [0, -1]", "labels.1: must be a class, a whole number from 0, is -1"),
        ("rows: [[1], [2]]", "labels: missing; it must be a list of classes"),
        ("rows: [[1], [2]], labels: [a, b], task: regression", "task: must be left out beside words"),
        ("rows: [[1], [2]], labels: [a, b], classes: 2", "classes: must be left out beside words"),
        ("rows: [[1], [2]], labels: [0, 1], limit: 0", "limit: must be a whole number from 1"),
        ("labels: [0, 1]", "rows: missing"),
    ]) func mistakesAreNamed(_ options: String, _ message: String) {
        let failure = failure("model: mlp\ndata:\n  train: {format: inline, \(options)}\n")
        #expect(failure.hasPrefix("config.yaml:3: data.train.\(message)"), "\(failure)")
    }

    @Test func linesOfRowsAreNamed() {
        let yaml = "model: mlp\ndata:\n  train:\n    format: inline\n    rows:\n    - [1]\n    - [2, 3]\n"
        let failure = failure(yaml + "    labels: [0, 1]\n")
        #expect(failure.hasPrefix("config.yaml:7: data.train.rows.1: must be of 1 numbers"), "\(failure)")
    }

    @Test func largeDataBelongInFiles() {
        let row = "[" + Array(repeating: "1", count: 50).joined(separator: ", ") + "]"
        let rows = Array(repeating: row, count: 80).joined(separator: ", ")
        let labels = Array(repeating: "0", count: 80).joined(separator: ", ")
        let failure = failure(
            "model: mlp\ndata:\n  train: {format: inline, rows: [\(rows)], labels: [\(labels)]}\n")
        #expect(failure.contains("at most 4000 numbers, labels included; there are 4080"), "\(failure)")
        #expect(failure.contains("put the data in files, as format: npy or csv"), "\(failure)")
    }

    /// Samples are drawn by the seed of training, wherever it stands.
    @Test func limitsHaveTheSeedOfTraining() throws {
        let yaml = """
            data:
              train: {format: npy, features: x, labels: y, limit: 20}
              test: {format: csv, files: t.csv, label: a, limit: 30}
              validation: {format: cifar10, files: v, limit: 40}
            model: mlp
            training: {seed: 9}
            """
        let data = try read(yaml).settings.data
        func source(_ seed: UInt64) -> DatasetSource {
            DatasetSource(format: .npy, features: "\(home)/x", labels: "\(home)/y").limited(
                to: 20, seed: seed)
        }
        #expect(data.training == source(9) && data.training != source(0))
        #expect(data.test?.exampleLimit == 30)
        guard case .files(let validation) = data.validation else {
            Issue.record("no files")
            return
        }
        #expect(validation.exampleLimit == 40)
        let written = try read(yaml).yaml
        #expect(written.contains("labels: \(home)/y, limit: 20}"), "\(written)")
        #expect(try read(written).settings.data.training == data.training)
    }

    @Test func replacementUsesAllExamplesInNoStepsOfAll() {
        for (settings, message) in [
            ("{online: true, epochs: 1}", "online: true"), ("{batch: full}", "batch: full"),
        ] {
            let yaml =
                "data: {train: {format: npy, features: x, labels: y}, shuffle: replacement}\nmodel: mlp\n"
            let failure = failure(yaml + "training: \(settings)\n")
            #expect(failure.contains("data.shuffle: must not be replacement beside \(message)"), "\(failure)")
        }
    }
}
