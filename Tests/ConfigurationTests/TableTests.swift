import Datasets
import Testing

@testable import Configuration

/// Data sets of tables and batches, and of several files.
@Suite struct TableTests {
    private func train(_ files: String) throws -> DatasetSource {
        try read("model: mlp\ndata:\n  train: \(files)\n", file: "/c/config.yaml").settings.data.training
    }

    @Test func columnsAreNamedOrNumbered() throws {
        let plain = try train("{format: csv, files: t.csv, label: kind}")
        #expect(plain.featureNames == ["/c/t.csv"] && plain.labels == [] && plain.classCount == nil)
        #expect(plain.csv == CSVOptions(label: [.name("kind")], task: .classification))
        let full = try train(
            "{format: csv, files: [a.csv, /b.csv.gz], label: [y, 3, \"4\"], task: regression, delimiter: \"\\t\", ignore: id}"
        )
        #expect(full.featureNames == ["/c/a.csv", "/b.csv.gz"])
        #expect(
            full.csv
                == CSVOptions(
                    label: [.name("y"), .index(3), .name("4")], task: .regression, delimiter: 9,
                    ignored: [.name("id")]))
        let bare = try train(
            "{format: csv, files: a.csv, header: false, label: 0, classes: 3, delimiter: \";\"}")
        #expect(bare.classCount == 3 && bare.csv.hasHeader == false && bare.csv.delimiter == 59)
    }

    /// What labels are is written down where it is given, or where nothing else can decide.
    @Test func tasks() throws {
        func text(_ files: String, _ loss: String) throws -> String {
            let run = try read("model: mlp\nloss: \(loss)\ndata: {train: \(files)}\n")
            #expect(try read(run.yaml) == run)
            return run.yaml
        }
        let table = "{format: csv, files: t.csv, label: kind}"
        #expect(try text(table, "cross_entropy").contains("task: classification"))
        #expect(try !text(table, "mse").contains("task:"))
        #expect(try text(table.dropLast() + ", task: regression}", "mse").contains("task: regression"))
        let arrays = "{format: npy, features: x.npy, labels: y.npy}"
        #expect(try !text(arrays, "cross_entropy").contains("task:"))
        for task in ["classification", "regression"] {
            #expect(try text(arrays.dropLast() + ", task: \(task)}", "mse").contains("task: \(task)}"))
        }
        #expect(
            try train("{format: npy, features: x, labels: y, task: regression}").task == .regression)
    }

    @Test func severalFiles() throws {
        let arrays = try train("{format: npy, features: [a.npy, b.npy], labels: [c.npy]}")
        #expect(arrays.featureNames == ["/c/a.npy", "/c/b.npy"] && arrays.labelNames == ["/c/c.npy"])
        #expect(arrays.paths.map(\.key) == ["features.0", "features.1", "labels"])
        let batches = try train("{format: cifar10, files: [b1.bin, b2.bin]}")
        #expect(batches == DatasetSource(cifar10: ["/c/b1.bin", "/c/b2.bin"]))
        #expect(batches.paths.map(\.key) == ["files.0", "files.1"])
    }

    @Test(arguments: [
        (
            "{format: csv, files: a.csv}",
            "data.train.label: missing; it must be a column's name, or its number from 0"
        ),
        ("{format: csv, features: a.csv, label: y}", "data.train.features: unknown key of format csv"),
        ("{format: npy, files: a.npy, labels: b}", "data.train.files: unknown key of format npy"),
        ("{format: cifar10, files: a, labels: b}", "data.train.labels: unknown key of format cifar10"),
        ("{format: cifar, files: a}", "unknown format \"cifar\""),
        ("{format: cifar10, files: []}", "data.train.files: must have at least one element"),
        ("{format: csv, files: a, label: [x, y]}", "data.train.label: must be one column of classes"),
        (
            "{format: csv, files: a, label: [x, x], task: regression}",
            "data.train.label.1: must be named once, is x"
        ),
        ("{format: csv, files: a, label: y, task: regresion}", "did you mean \"regression\"?"),
        ("{format: csv, files: a, label: y, header: false}", "must be a column's number"),
        ("{format: csv, files: a, label: 1.5}", "data.train.label: expected a whole number"),
        ("{format: csv, files: a, label: -1}", "data.train.label: must be a whole number from 0"),
        (
            "{format: csv, files: a, label: y, delimiter: \"::\"}",
            "data.train.delimiter: must be one character"
        ),
        ("{format: csv, files: a, label: y, delimiter: a}", "data.train.delimiter: must be one character"),
        ("{format: csv, files: a, label: y, lable: z}", "did you mean \"label\"?"),
        (
            "{format: csv, files: a, label: y, task: regression, classes: 2}",
            "data.train.classes: must be left out"
        ),
        ("{format: npy, features: a, labels: b, task: regresion}", "did you mean \"regression\"?"),
        (
            "{format: npy, features: a, labels: b, task: regression, classes: 2}",
            "data.train.classes: must be left out"
        ),
        ("{format: cifar10, files: a, task: regression}", "data.train.task: unknown key of format cifar10"),
    ])
    func mistakes(files: String, says: String) {
        let found = failure("model: mlp\ndata:\n  train: \(files)\n")
        #expect(found.hasPrefix("config.yaml:3: ") && found.contains(says), "\(found)")
    }

    @Test func allOfItReadsBack() throws {
        let run = try read(
            """
            data:
              train: {format: csv, files: [a.csv, "b c.csv"], label: [y, 3, "4"], task: regression, delimiter: "\\t",
                ignore: [id, 7]}
              test: {format: csv, files: t.csv, header: false, label: 2, delimiter: "|", classes: 5}
              validation: {format: cifar10, files: [v.bin]}
              normalize: {name: min_max, range: [-1, 1]}
              augment: [flip, {flip: {p: 0.25, vertical: true}}, {crop: 4}, {shift: {pixels: 2}}, {rotation: 10},
                {erasing: {p: 0.1, scale: [0.1, 0.2], ratio: [0.5, 2]}}]
              shuffle: once
            model: mlp
            """)
        let again = try RunConfiguration(
            yaml: run.yaml, source: .file("/else/where.yaml"), currentFolder: "/")
        #expect(again == run)
        let (before, now) = (run.settings.data, again.settings.data)
        #expect(now.training == before.training && now.test == before.test)
        #expect(now.validation == before.validation && now.normalization == before.normalization)
        #expect(now.augmentation == before.augmentation && now.augmentation.count == 6)
    }
}
