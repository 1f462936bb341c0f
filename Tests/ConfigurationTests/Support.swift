import Datasets
import Testing

@testable import Configuration

/// The folder that tests take as the current one; nothing is read from it.
let home = "/home/user"

/// Reads a text as the file config.yaml in the current folder.
func read(
    _ yaml: String, _ overrides: [ConfigurationOverride] = [], file: String = "config.yaml"
) throws(ConfigurationError) -> RunConfiguration {
    try RunConfiguration(yaml: yaml, source: .file(file), overrides: overrides, currentFolder: home)
}

/// The error of reading a text; records an issue if it is accepted.
func failure(
    _ yaml: String, _ overrides: [ConfigurationOverride] = [],
    sourceLocation: Testing.SourceLocation = #_sourceLocation
) -> String {
    do {
        _ = try read(yaml, overrides)
        Issue.record("the text is accepted:\n\(yaml)", sourceLocation: sourceLocation)
        return ""
    } catch {
        return error.description
    }
}

extension RunConfiguration {
    /// The lines that `yaml` has of the model, without indentation and dashes: "conv2d: {out: 4, ...}", "relu".
    var layerLines: [String] {
        let lines = yaml.split(separator: "\n").drop { !$0.hasPrefix("model:") }
        // Layers without options stand on one line.
        if let line = line("model"), line.hasPrefix("[") {
            return line.dropFirst().dropLast().split(separator: ", ").map(String.init)
        }
        return lines.dropFirst().prefix { $0.hasPrefix(" ") }.map { String($0.drop { " -".contains($0) }) }
    }

    /// The one line that `yaml` has of a section or key, without its name and indentation; nil where there is none.
    func line(_ key: String) -> String? {
        let lines = yaml.split(separator: "\n").map { $0.drop { $0 == " " } }
        return lines.first { $0.hasPrefix("\(key): ") }.map { String($0.dropFirst(key.count + 2)) }
    }
}

extension DatasetSource {
    /// The paths of the features' files.
    var featureNames: [String] { features.map(\.name) }
    /// The paths of the labels' files.
    var labelNames: [String] { labels.map(\.name) }
}

/// Line 1 of a configuration with everything it needs besides a model.
let dataLine = "data: {train: {format: npy, features: x.npy, labels: y.npy}}\n"

/// A small configuration: data in line 1, the model in line 2; more lines may follow.
let small = dataLine + "model: [flatten, linear: 10]\n"

/// The example of the interface's documentation.
let example = """
    data:
      train: {format: idx, features: train-images-idx3-ubyte.gz, labels: train-labels-idx1-ubyte.gz}
      test:  {format: idx, features: t10k-images-idx3-ubyte.gz, labels: t10k-labels-idx1-ubyte.gz}
      normalize: standardize          # none | min_max | standardize  (statistics of the training set)
    model:                            # a list is torch.nn.Sequential; a name is a built-in model
      - conv2d: {out: 32, kernel: 3, padding: 1, stride: 1, bias: false}
      - batch_norm                    # {sync: true, momentum: 0.1, eps: 1e-5} are its defaults
      - relu
      - max_pool2d: 2
      - flatten
      - linear: 128
      - relu
      - linear: 10
    loss: cross_entropy               # cross_entropy | mse
    init: {weights: start.safetensors}   # optional; else seeded initializers
    optimizer: {name: sgd, lr: 0.05, momentum: 0.9, weight_decay: 5.0e-4}
    schedule: {name: cosine, warmup: 1}
    training: {epochs: 10, batch: 256, shards: 8, seed: 0, stall_timeout: 300}   # seconds
    checkpoint: {every_steps: 500, every_epochs: 1, keep: 3}
    logging: {every_steps: 10}
    output: runs/fashion-cnn
    """
