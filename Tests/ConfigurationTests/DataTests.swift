import Datasets
import Foundation
import Testing

@testable import Configuration

@Suite struct DataTests {
    private func data(_ lines: String, file: String = "/c/config.yaml") throws -> DataSection {
        try read("model: mlp\ndata:\n" + lines, file: file).data
    }

    @Test func pathsAreAbsoluteFromTheFilesFolder() throws {
        let lines = "  train: {format: npy, features: ./a//x.npy, labels: ../y.npy, classes: 4}\n"
        let train = try data(lines).train
        #expect(train.features == ["/c/a/x.npy"] && train.labels == ["/c/../y.npy"])
        #expect(
            train.source
                == DatasetSource(format: .npy, features: "/c/a/x.npy", labels: "/c/../y.npy", classCount: 4))
        #expect(try data(lines, file: "sub/c.yaml").train.features == ["/home/user/sub/a/x.npy"])
        #expect(try data("  root: /r\n" + lines).train.features == ["/r/a/x.npy"])
        #expect(try data("  root: r\n" + lines).train.features == ["/c/r/a/x.npy"])
        let absolute = "  root: /r\n  train: {format: idx, features: /x, labels: /y}\n"
        #expect(try data(absolute).train.features == ["/x"])
    }

    @Test func validationIsAFractionOrFiles() throws {
        let train = "  train: {format: npy, features: x, labels: y}\n"
        #expect(try data(train + "  validation: {fraction: 0.25}").validation == .fraction(0.25))
        guard
            case .files(let files) = try data(train + "  validation: {format: idx, features: a, labels: b}")
                .validation
        else {
            Issue.record("no files")
            return
        }
        #expect(files.format == .idx && files.features == ["/c/a"] && files.labels == ["/c/b"])
        for (text, message) in [
            ("{fraction: 1}", "4: data.validation.fraction: must be above 0 and below 1, is 1"),
            ("{fraction: 0.1, format: idx}", "4: data.validation.format: must be left out beside fraction"),
            ("{fracton: 0.1}", "4: data.validation.fracton: unknown key; did you mean \"fraction\"?"),
            ("{format: idx, features: a}", "4: data.validation.labels: missing"),
            ("0.1", "4: data.validation: expected a"),
        ] {
            let failure = failure("model: mlp\ndata:\n" + train + "  validation: \(text)")
            #expect(failure.hasPrefix("config.yaml:\(message)"), "\(failure)")
        }
    }

    @Test func testDataMayLackLabels() throws {
        let section = try data(
            "  train: {format: npy, features: x, labels: y}\n"
                + "  test: {format: npy, features: x}\n  normalize: min_max\n"
        )
        #expect(section.test?.labels == [])
        #expect(section.normalize == .minMax())
    }

    @Test func missingFilesNameTheDebianPackage() throws {
        let folder = FileManager.default.temporaryDirectory.path
        let lines = "  train: {format: npy, features: \(folder), labels: "
        let debian = try data(lines + "/usr/share/datasets/fashion-mnist/none.gz}")
        #expect(
            throws: MissingDataError(
                path: "/usr/share/datasets/fashion-mnist/none.gz", key: "data.train.labels")
        ) {
            try debian.requireFiles()
        }
        do { try debian.requireFiles() } catch {
            #expect(error.description.contains("\"apt-get install dataset-fashion-mnist\""))
        }
        let other = try data(lines + "/no/such/labels.npy}")
        do {
            try other.requireFiles()
            Issue.record("a missing file is not noticed")
        } catch {
            #expect(error.debianPackage == nil)
            #expect(error.description.hasPrefix("no data file, /no/such/labels.npy (data.train.labels), "))
        }
        try data(lines + "\(folder)}").requireFiles()
    }

    @Test func dataOfAFlagStandsAlone() throws {
        let files = try DataFiles(
            yaml: "{format: npy, features: x.npy}", currentFolder: "/here", needsLabels: false)
        #expect(files.features == ["/here/x.npy"] && files.labels == [])
        #expect(throws: ConfigurationError.self) {
            try DataFiles(yaml: "{format: npy, features: x.npy}", currentFolder: "/here", needsLabels: true)
        }
    }
}
