import Foundation
import Messages

/// The few facts that a list of runs shows of a configuration.
///
/// They are taken from the lines of config.yaml, which a run writes in one fixed form: to read a whole configuration
/// takes milliseconds, and a folder may hold thousands of runs.
struct ConfigurationOutline {
    /// Passes over the training set.
    private(set) var epochs: Int?
    /// The model in a few words: the name of a built-in one, or the number of layers with the first and the last.
    private(set) var model: String?

    /// The outline of the run in a folder; a Swift program's run has program.json instead of config.yaml.
    init(folder: String) throws {
        var text = ""
        // No configuration is larger than a megabyte, and larger files are not read.
        let file = try FileInput.open(ifExists: "\(folder)/\(RunFolder.configurationName)")
        if let file, file.byteCount <= 1 << 20 {
            text = String(decoding: try file.bytes(atMost: 1 << 20), as: UTF8.self)
        }
        self.init(text: text)
        guard file == nil, let run = try? RunDescription(folder: folder) else { return }
        epochs = run.epochs
        model = "a model of \(run.program)"
    }

    /// The outline of a resolved configuration.
    init(text: String) {
        var section: Substring = ""
        var layers: [Substring] = []
        for line in text.split(separator: "\n") {
            let word = line.prefix { $0 != ":" }
            let value = line.dropFirst(word.count + 1).drop { $0 == " " }
            if line.first != " " {
                section = word
                if section == "model", !value.isEmpty { model = Self.name(value) }
            } else if section == "training", word == "  epochs" {
                epochs = Int(value)
            } else if section == "model", line.hasPrefix("  - ") {
                layers.append(word.dropFirst(4))
            }
        }
        guard model == nil, let first = layers.first, let last = layers.last else { return }
        model = layers.count == 1 ? String(first) : "\(counted(layers.count, "layer")), \(first) to \(last)"
    }

    /// The name in "lenet5" or "{name: mlp, hidden: [100]}".
    private static func name(_ value: Substring) -> String {
        guard value.hasPrefix("{name: ") else { return String(value) }
        return String(value.dropFirst(7).prefix { $0 != "," && $0 != "}" })
    }
}
