import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// The rows of the fault table about hostile input, each through the real program: one line that says what is wrong
    /// and where, the exit code of its kind, soon.
    @Suite struct HostileInput {
        struct Row: Sendable, CustomTestStringConvertible {
            let testDescription: String
            /// CORPUS stands for the folder of nasty files, DATA for the test's.
            let arguments: [String]
            let code: Int32
            /// What the line says.
            let says: [String]
            var ranks = 0
        }

        /// Files as the training set; `labels` are twenty where `features` are.
        static func idx(
            _ features: String, labels: String = "DATA/labels-20", _ says: String..., ranks: Int = 0
        ) -> Row {
            Row(
                testDescription: "idx \(features), \(labels)",
                arguments: ["--set", "data.train={format: idx, features: \(features), labels: \(labels)}"],
                code: 65, says: says, ranks: ranks)
        }

        static func npy(
            _ features: String, labels: String = "DATA/labels.npy", _ says: String..., ranks: Int = 0
        ) -> Row {
            Row(
                testDescription: "npy \(features), \(labels)",
                arguments: ["--set", "data.train={format: npy, features: \(features), labels: \(labels)}"],
                code: 65, says: says, ranks: ranks)
        }

        static func files(_ format: String, _ file: String, _ says: String..., ranks: Int = 0) -> Row {
            let label = format == "csv" ? ", label: kind" : ""
            return Row(
                testDescription: "\(format) \(file)",
                arguments: ["--set", "data.train={format: \(format), files: \(file)\(label)}"], code: 65,
                says: says,
                ranks: ranks)
        }

        static func weights(_ name: String, _ says: String..., ranks: Int = 0) -> Row {
            Row(
                testDescription: "safetensors \(name)",
                arguments: ["--set", "init.weights=CORPUS/safetensors/\(name)"], code: 65,
                says: says + [name], ranks: ranks)
        }

        static func yaml(_ name: String, _ says: String..., ranks: Int = 0) -> Row {
            Row(
                testDescription: "yaml \(name)", arguments: ["--config", "CORPUS/yaml/\(name)"], code: 78,
                says: says,
                ranks: ranks)
        }

        static let rows = [
            idx("CORPUS/idx/bad-magic", "not an IDX file: it starts with 01 00 08 01", "idx/bad-magic"),
            idx(
                "CORPUS/idx/2-to-the-32-minus-1-images",
                "header says 3367254359296 bytes, file has 800 bytes",
                "idx/2-to-the-32-minus-1-images", ranks: 2),
            idx("CORPUS/idx/product-overflow", "header says shape", "more bytes than any file has"),
            idx("CORPUS/idx/short", "header says 256 bytes, file has 239 bytes"),
            idx("CORPUS/idx/trailing-bytes", "header says 256 bytes, file has 258 bytes"),
            idx("CORPUS/gzip/bad-checksum", "broken gzip: incorrect data check", "gzip/bad-checksum"),
            idx("CORPUS/gzip/cut", "broken gzip: it ends in the middle", "gzip/cut"),
            idx(
                "CORPUS/gzip/bomb-behind-a-small-header", "header says 16 bytes, file has more than 16 bytes",
                "gzip/bomb"),
            idx(
                "CORPUS/gzip/header-beyond-what-gzip-holds", "header says 62914560012 bytes, file has at most"
            ),
            idx(
                "CORPUS/idx/images", labels: "CORPUS/idx/label-below-0", "the label of example 3 is -1",
                "idx/label-below-0"),
            idx(
                "CORPUS/idx/images", labels: "DATA/labels-200", "the label of example 19 is 200",
                "labels-200", ranks: 2),
            idx(
                "CORPUS/idx/nan-feature", labels: "DATA/labels-3", "feature 1 of example 1 is nan",
                "idx/nan-feature"),

            npy("CORPUS/npy/object-dtype", "Python objects", "npy/object-dtype"),
            npy("CORPUS/npy/fortran-order", "expected C order, found Fortran order"),
            npy("CORPUS/npy/big-endian", "is big-endian"),
            npy("CORPUS/npy/negative-shape", "a size that is not negative"),
            npy(
                "CORPUS/npy/shape-2-to-the-40", "header says 1099511627904 bytes, file has 152 bytes",
                ranks: 2),
            npy("CORPUS/npy/expression", "broken .npy header"),
            npy("DATA/infinite.npy", "feature 4 of example 2 is inf", "infinite.npy", ranks: 2),
            npy("DATA/twenty.npy", labels: "CORPUS/npy/label-below-0", "the label of example 19 is -1"),

            weights("header-length-2-to-the-63", "found 9223372036854775808 bytes"),
            weights("header-past-the-end", "a header of 74 bytes"), weights("hole", "byte 12", ranks: 2),
            weights("overlap", "byte 4"), weights("overflow", "fewer than 2^63 bytes"),
            weights("duplicate-name", "found \"a\" twice"), weights("deep-lists", "expected \"{\""),
            weights("name-with-dots", "etc/passwd"), weights("name-with-slash", "a/b"),

            files("csv", "CORPUS/csv/ragged-short", "csv/ragged-short:3:4: expected 4 fields, found 3"),
            files(
                "csv", "CORPUS/csv/unclosed-quote",
                "csv/unclosed-quote:2:2: expected a closing quotation mark"),
            files(
                "csv", "CORPUS/csv/no-number", "csv/no-number:3:2: expected a number in column \"b\"",
                ranks: 2),
            files("csv", "CORPUS/csv/nan", "csv/nan:3:2: expected a finite number"),
            files("csv", "CORPUS/csv/lone-carriage-return", "csv/lone-carriage-return:1:4: "),
            files("csv", "DATA/gigabyte.csv", "gigabyte.csv:2: expected rows of at most 16 MiB"),
            files("cifar10", "CORPUS/cifar10/a-byte-too-many", "records of 3073 bytes", "found 3074 bytes"),
            files("cifar10", "CORPUS/cifar10/class-10", "the label of example 1 is 10, expected 0 to 9"),

            yaml(
                "unknown-key", "unknown-key:3: training.bach: unknown key; did you mean \"batch\"?", ranks: 2),
            yaml("duplicate-key", "duplicate-key:6: training.batch: duplicate key, first in line 4"),
            yaml("alias-bomb", "expected at most 16 aliases"),
            yaml("alias-bomb-of-wide-lists", "expected at most 10000 values"),
            yaml("octal-looking", "octal-looking:3: training.batch: expected a whole number, found 0256"),
            yaml("nan", "nan:3: optimizer.lr: expected a number, found .nan"),
            yaml("empty-file", "empty-file: expected a configuration, found an empty document"),
            yaml("wrong-type", "wrong-type:3: training.batch: expected a whole number, found a list"),
            yaml("deep-lists", "deep-lists:3: expected at most 48 levels of nesting"),
        ]

        static let corpus: String = {
            let folders = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
            return folders.joined(separator: "/") + "/Fuzz/Corpus"
        }()

        @Test func isOneLineWithThePlaceAndTheRightCode() throws {
            let data = try TestData()
            defer { data.remove() }
            let base = try data.write(
                "base.yaml",
                text: """
                    data: {train: {format: npy, features: rows.npy, labels: labels.npy}}
                    model: [flatten, linear: 10]
                    training: {epochs: 1, batch: 10}
                    """)
            var rows = Array(repeating: Float(1), count: 137 * 6)
            rows[2 * 6 + 4] = .infinity
            try data.write("infinite.npy", shape: [137, 6], rows)
            try data.write("twenty.npy", shape: [20, 3], Array(repeating: 1, count: 60))
            for (name, labels) in [
                ("labels-20", (0..<20).map { $0 % 10 }),
                ("labels-200", Array(repeating: 1, count: 19) + [200]),
                ("labels-3", [0, 1, 2]),
            ] as [(String, [UInt8])] {
                let file = Data([0, 0, 8, 1, 0, 0, 0, UInt8(labels.count)] + labels)
                try file.write(to: URL(fileURLWithPath: data.path(name)))
            }
            // One line of a gigabyte that takes no room on the disk.
            try data.write("gigabyte.csv", text: "a,kind\n1")
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: data.path("gigabyte.csv")))
            try file.truncate(atOffset: 1 << 30)
            try file.close()

            for row in Self.rows {
                let arguments =
                    (row.arguments.contains("--config") ? [] : ["--config", base])
                    + row.arguments
                    .map { $0.replacingOccurrences(of: "DATA", with: data.folder) }
                    .map { $0.replacingOccurrences(of: "CORPUS", with: Self.corpus) }
                // Labels up to 9 fit the model; only a declared number of classes makes 200 too many.
                let classes =
                    row.arguments.contains { $0.contains("labels-200") }
                    ? ["--set", "data.train.classes=10"] : []
                let (run, seconds) = try Promptness.measured(limit: 5) {
                    try DTrainRun.run(row.ranks, arguments + classes + ["--output", data.path("out")])
                }
                let lines = run.standardError.split(separator: "\n").filter { $0.hasPrefix("dtrain: error:") }
                #expect(run.exitCode == row.code, "\(row.testDescription): \(run)")
                #expect(lines.count == 1, "\(row.testDescription): \(run)")
                for words in row.says {
                    #expect(lines.first?.contains(words) == true, "\(row.testDescription), \(words): \(run)")
                }
                #expect(seconds < 5, "\(row.testDescription): \(seconds)")
            }
        }

        /// What only looks hostile is read: a byte-order mark, CR LF, quoted delimiters and line ends.
        @Test func strangeTablesAreRead() throws {
            let data = try TestData()
            defer { data.remove() }
            let base = try data.write(
                "base.yaml",
                text: """
                    data:
                      train: {format: csv, files: \(Self.corpus)/csv/bom-crlf-quotes, label: kind}
                    model: [linear: 2]
                    training: {epochs: 1, batch: 2}
                    """)
            let run = try DTrainRun.run(1, ["--config", base, "--output", data.path("out")])
            #expect(run.exitCode == 0, "\(run)")
        }
    }
}
