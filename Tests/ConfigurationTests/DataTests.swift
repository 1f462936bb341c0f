import Datasets
import Foundation
import Testing

@testable import Configuration

@Suite struct DataTests {
    private func data(_ lines: String, file: String = "/c/config.yaml") throws -> RunConfiguration {
        try read("model: mlp\ndata:\n" + lines, file: file)
    }

    @Test func pathsAreAbsoluteFromTheFilesFolder() throws {
        let lines = "  train: {format: npy, features: ./a//x.npy, labels: ../y.npy, classes: 4}\n"
        let train = try data(lines).settings.data.training
        #expect(train.featureNames == ["/c/a/x.npy"] && train.labelNames == ["/c/../y.npy"])
        #expect(
            train
                == DatasetSource(format: .npy, features: "/c/a/x.npy", labels: "/c/../y.npy", classCount: 4))
        #expect(
            try data(lines, file: "sub/c.yaml").settings.data.training.featureNames == [
                "/home/user/sub/a/x.npy"
            ])
        #expect(try data("  root: /r\n" + lines).settings.data.training.featureNames == ["/r/a/x.npy"])
        #expect(try data("  root: r\n" + lines).settings.data.training.featureNames == ["/c/r/a/x.npy"])
        let absolute = "  root: /r\n  train: {format: idx, features: /x, labels: /y}\n"
        #expect(try data(absolute).settings.data.training.featureNames == ["/x"])
    }

    @Test func validationIsAFractionOrFiles() throws {
        let train = "  train: {format: npy, features: x, labels: y}\n"
        #expect(
            try data(train + "  validation: {fraction: 0.25}").settings.data.validation == .fraction(0.25))
        guard
            case .files(let files) = try data(train + "  validation: {format: idx, features: a, labels: b}")
                .settings.data.validation
        else {
            Issue.record("no files")
            return
        }
        #expect(files.format == .idx && files.featureNames == ["/c/a"] && files.labelNames == ["/c/b"])
        for (text, message) in [
            ("{fraction: 1}", "4: data.validation.fraction: must be above 0 and below 1, is 1"),
            ("{fraction: 0.1, format: idx}", "4: data.validation.fraction: must be left out beside format"),
            ("{fracton: 0.1}", "4: data.validation.fracton: unknown key; did you mean \"fraction\"?"),
            ("{format: idx, features: a}", "4: data.validation.labels: missing"),
            ("0.1", "4: data.validation: expected a fraction, or files, found 0.1"),
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
        #expect(section.settings.data.test?.labels == [])
        #expect(section.settings.data.normalization == .minMax())
    }

    @Test func missingFilesNameTheDebianPackage() throws {
        let folder = FileManager.default.temporaryDirectory.path
        let lines = "  train: {format: npy, features: \(folder), labels: "
        let debian = try data(lines + "/usr/share/datasets/fashion-mnist/none.gz}")
        do {
            try debian.requireFiles()
            Issue.record("a missing file is not noticed")
        } catch {
            #expect(error.path == "/usr/share/datasets/fashion-mnist/none.gz")
            #expect(error.key == "data.train.labels" && error.location?.line != nil)
            #expect(error.description.contains("\"apt-get install dataset-fashion-mnist\""))
        }
        let other = try data(lines + "/no/such/labels.npy}")
        do {
            try other.requireFiles()
            Issue.record("a missing file is not noticed")
        } catch {
            #expect(error.debianPackage == nil)
            #expect(error.description.contains(": data.train.labels: no data file, /no/such/labels.npy, "))
        }
        try data(lines + "\(folder)}").requireFiles()
    }

    @Test func dataOfAFlagStandsAlone() throws {
        let own = DatasetSource(format: .npy, features: "a.npy", labels: "b.npy")
        func given(_ text: String, needsLabels: Bool = false) throws -> DatasetSource {
            try GivenData(
                text, like: own, names: ["test", "validation"], currentFolder: "/here",
                needsLabels: needsLabels
            ).source
        }
        func error(_ text: String, needsLabels: Bool = false) -> String {
            do {
                return "no error: \(try given(text, needsLabels: needsLabels))"
            } catch { return "\(error)" }
        }
        let files = try given("{format: npy, features: x.npy}")
        #expect(files.featureNames == ["/here/x.npy"] && files.labels == [])
        #expect(
            error("{format: npy, features: x.npy}", needsLabels: true)
                == "--data '{format: npy, features: x.npy}': labels: missing; it must be the path of a file, or a list of them"
        )
        #expect(
            error("{format: csv, files: x.csv}", needsLabels: true)
                == "--data '{format: csv, files: x.csv}': label: missing; it must be a column's name, or its number from 0"
        )
        #expect(
            error("{format: csv, file: x.csv}").contains(
                "file: unknown key of format csv; did you mean \"files\"?"))
        #expect(error("tset").contains("there is no file \"tset\"; did you mean \"test\"?"))
    }
}
