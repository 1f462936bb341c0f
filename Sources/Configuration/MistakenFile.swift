import Foundation
import Messages
import Training

/// A file or folder that was given as a configuration and is something else.
struct MistakenFile {
    /// What it is, and what to do with it.
    let error: ConfigurationError

    /// Looks at a path as it was given, and where that is; nil for what may be a configuration.
    init?(_ file: String, at path: String) {
        let words: (problem: String, advice: String)
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
        if isFolder.boolValue {
            let inside =
                "\(file.hasSuffix("/") ? String(file.dropLast()) : file)/\(RunFolder.configurationName)"
            let isRun = FileManager.default.fileExists(atPath: "\(path)/\(RunFolder.configurationName)")
            words = ("it is a folder", isRun ? "did you mean \"\(inside)\"?" : "give the YAML file in it")
        } else {
            guard let kind = Self.kinds.first(where: { Self.ends(file, $0.endings) }) else { return nil }
            words = (
                "it is \(kind.name), not a configuration",
                Self.start(from: file) ?? kind.advice
            )
        }
        error = ConfigurationError(
            .unreadable, at: SourceLocation(.file(file)), key: "", words.problem, advice: words.advice)
    }

    /// How to start with a file of data; nil for other files.
    static func start(from file: String) -> String? {
        ends(file, dataEndings)
            ? "\"dtrain init \(ShellWord.quoted(file))\" writes a configuration for it" : nil
    }

    private static func ends(_ file: String, _ endings: [String]) -> Bool {
        file.lowercased().split(separator: ".").last.map { endings.contains(String($0)) } ?? false
    }

    /// The endings of files from which `dtrain init` makes a configuration.
    private static let dataEndings = ["csv", "tsv", "npy", "gz", "idx"]

    /// Files by the endings of their names, with what to do.
    private static let kinds: [(endings: [String], name: String, advice: String)] = [
        (dataEndings, "data", ""),
        (["npz", "parquet", "xlsx", "h5", "hdf5"], "data", "save the data as CSV or .npy first"),
        (["ipynb"], "a notebook", "give a YAML file"),
        (["py"], "a Python program", "give a YAML file"),
        (
            ["safetensors", "pt", "pth", "ckpt", "onnx"], "weights",
            "give a YAML file, and weights of safetensors as init: {weights: FILE}"
        ),
    ]
}
