import ArgumentParser
import Configuration
import Datasets
import Foundation
import MPI
import Messages
import Training

struct InitCommand: DescribedCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Writes a configuration for a CSV file or arrays.",
        usage: "dtrain init <file> [<options>]", discussion: manual.help)

    static let manual = CommandManual(
        about: [
            "It trains at once; comments in it say why it is as it is. Of a table the last column is predicted unless --label names another one."
        ],
        details: [
            "A column that holds words or few whole numbers is predicted as classes, any other one as a number. Columns that tell nothing, such as row numbers and names, are left out. Arrays are NumPy's. Without a test set a fifth of the examples is held out."
        ],
        examples: [
            .init("dtrain init houses.csv --label price", "writes houses.yaml"),
            .init("dtrain init x.npy --labels y.npy", "arrays of NumPy"),
            .init("dtrain --config houses.yaml", "trains, into runs/houses"),
        ])

    @Argument(
        help: ArgumentHelp("A CSV file, or features as .npy.", valueName: "file"),
        completion: .file(extensions: ["csv", "tsv", "npy", "gz"]))
    var data: String

    @Option(
        name: .long,
        help: ArgumentHelp("The column to predict: its name, or number from 0.", valueName: "name"))
    var label: String?

    @Option(
        name: .long, help: ArgumentHelp("The labels of features as .npy.", valueName: "y.npy"),
        completion: .file(extensions: ["npy", "gz"]))
    var labels: String?

    @Option(
        name: .long, help: ArgumentHelp("A test set of the same kind.", valueName: "file"),
        completion: .file(extensions: ["csv", "tsv", "npy", "gz"]))
    var test: String?

    @Option(
        name: .long, help: ArgumentHelp("The labels of --test as .npy.", valueName: "y.npy"),
        completion: .file(extensions: ["npy", "gz"]))
    var testLabels: String?

    @Option(
        name: .long,
        help: ArgumentHelp("The configuration; NAME.yaml unless given.", valueName: "file.yaml"),
        completion: Completion.configurations)
    var output: String?

    @Flag(name: .long, help: "Replaces the configuration if it is there.")
    var overwrite = false

    func validate() throws {
        guard isArray else {
            if labels != nil || testLabels != nil {
                throw ValidationError(
                    "--labels is for features as .npy; of a table name the column to predict with --label")
            }
            return
        }
        guard labels != nil else {
            throw ValidationError("\(data) has no labels: give them with --labels y.npy")
        }
        guard label == nil else {
            throw ValidationError("--label names a column of a table; give the labels' file with --labels")
        }
        guard (test == nil) == (testLabels == nil) else {
            throw ValidationError("--test and --test-labels go together beside features as .npy")
        }
    }

    func run() throws {
        guard (LaunchEnvironment.current.rank ?? 0) == 0 else { return }
        let target = output ?? "\(name).yaml"
        for file in [data, labels, test, testLabels].compactMap({ $0 }) { try Self.require(file) }
        guard overwrite || !FileManager.default.fileExists(atPath: target) else {
            throw TrainingError(
                .output,
                "\(target) is there: replace it with --overwrite, or choose another file with --output")
        }
        let starter = try starter(target)
        let configuration = try RunConfiguration(yaml: starter.yaml, source: .file(target))
        try Self.check(configuration)
        let text = try TextOutput(path: target)
        try text.finish(starter.yaml)
        for finding in starter.findings { Self.show(finding.title, finding.text) }
        Self.show("written", target)
        Self.show("next", "dtrain --config \(ShellWord.quoted(target))")
    }

    private static func show(_ title: String, _ text: String) {
        print(title + String(repeating: " ", count: max(1, 13 - title.count)) + text)
    }

    /// Whether the data are an array, and not a table.
    private var isArray: Bool {
        data.lowercased().hasSuffix(".npy") || data.lowercased().hasSuffix(".npy.gz")
    }

    /// The last part of the data's path without its endings.
    private var name: String {
        var name = data.split(separator: "/").last.map(String.init) ?? data
        if name.lowercased().hasSuffix(".gz") { name.removeLast(3) }
        guard let point = name.lastIndex(of: "."), point > name.startIndex else { return name }
        return String(name[..<point])
    }

    private func starter(_ target: String) throws -> StarterConfiguration {
        func file(_ path: String) -> StarterConfiguration.File {
            // A relative path in a configuration starts from the configuration's folder.
            let isBeside = !target.contains("/") || path.hasPrefix("/")
            return StarterConfiguration.File(
                path, written: isBeside ? path : "\(FileManager.default.currentDirectoryPath)/\(path)")
        }
        guard isArray, let labels else {
            return try StarterConfiguration(
                table: file(data), test: test.map(file), label: label, name: name)
        }
        var pair: (features: StarterConfiguration.File, labels: StarterConfiguration.File)?
        if let test, let testLabels { pair = (file(test), file(testLabels)) }
        return try StarterConfiguration(
            features: file(data), labels: file(labels), test: pair, name: name)
    }

    /// Throws unless a file is there.
    private static func require(_ path: String) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw TrainingError(.badFile, "there is no file \(path): correct the path")
        }
        guard !isFolder.boolValue else {
            throw TrainingError(
                .badFile, "\(path) is a folder: give a CSV file, or features as .npy with --labels y.npy")
        }
    }

    /// Throws if training would not accept the files.
    private static func check(_ configuration: RunConfiguration) throws {
        let data = configuration.settings.data
        let layout = try data.training.inspect()
        guard let test = data.test else { return }
        let other = try test.following(
            classes: layout.classCount, names: layout.classNames, features: layout.featureNames,
            words: layout.wordColumns
        ).inspect()
        guard other.exampleShape == layout.exampleShape else {
            throw TrainingError(
                .badFile,
                "\(test.name) has examples of shape \(other.exampleShape), \(data.training.name) of \(layout.exampleShape)"
            )
        }
    }
}
