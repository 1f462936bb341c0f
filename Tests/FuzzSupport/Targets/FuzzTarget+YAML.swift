import Configuration
import Layers
import Studies

extension FuzzTarget {
    /// Configurations, and the models that accepted ones describe.
    static let yaml = FuzzTarget(
        name: "yaml", seeds: (YAMLSeeds.configurations + Recipe.all.map(\.yaml)).map { Array($0.utf8) },
        words: YAMLSeeds.words, isText: true, repair: YAMLSeeds.repaired
    ) { bytes in
        guard let text = String(validating: bytes, as: UTF8.self) else { return YAMLSeeds.noText }
        return YAMLSeeds.judge { () throws(ConfigurationError) in
            let run = try YAMLSeeds.read(text)
            return YAMLSeeds.brokenForm(of: run) ?? YAMLSeeds.brokenModel(of: run)
        }
    }

    /// What the command line sets, in a whole configuration.
    static let override = FuzzTarget(
        name: "override", seeds: YAMLSeeds.overrides.map { Array($0.utf8) }, words: YAMLSeeds.words,
        isText: true, repair: YAMLSeeds.repaired
    ) { bytes in
        guard let text = String(validating: bytes, as: UTF8.self) else { return YAMLSeeds.noText }
        return YAMLSeeds.judge { () throws(ConfigurationError) in
            YAMLSeeds.brokenForm(of: try YAMLSeeds.read(YAMLSeeds.configurations[0], [.set(text)]))
        }
    }

    /// Studies and all of their runs.
    static let study = FuzzTarget(
        name: "study", seeds: (YAMLSeeds.studies + Study.all.map(\.yaml)).map { Array($0.utf8) },
        words: YAMLSeeds.words + [
            "vary", "runs", "base", "[1, 2, 3, 4, 5, 6, 7, 8]", "training.epochs", "..",
        ],
        isText: true, repair: YAMLSeeds.repaired
    ) { bytes in
        guard let text = String(validating: bytes, as: UTF8.self) else { return YAMLSeeds.noText }
        return YAMLSeeds.judge { () throws(ConfigurationError) in
            let study = try StudyConfiguration(
                yaml: text, source: .file("/nowhere/config.yaml"), currentFolder: "/nowhere")
            let names = study.runs.map(\.name)
            if names.isEmpty || Set(names).count < names.count { return "runs \(names)" }
            let isSafe = names.allSatisfy { name in
                !["", ".", ".."].contains(name) && !name.contains("/") && name.utf8.count <= 255
            }
            if !isSafe { return "runs that are no names of files: \(names)" }
            return study.runs.prefix(4).lazy.compactMap { YAMLSeeds.brokenForm(of: $0.configuration) }.first
        }
    }
}

/// Valid configurations, and what a judge of their reader does.
enum YAMLSeeds {
    /// One with most keys, one with every normalization and initializer, one with tables.
    static let configurations = [
        """
        data:
          train: {format: idx, features: train-images.gz, labels: train-labels.gz}
          test:  {format: idx, features: t10k-images.gz, labels: t10k-labels.gz}
          normalize: standardize          # none | min_max | standardize
        model:
          - conv2d: {out: 32, kernel: 3, padding: 1, stride: 1, bias: false}
          - batch_norm
          - relu
          - max_pool2d: 2
          - flatten
          - linear: 128
          - relu
          - linear: 10
        loss: cross_entropy
        init: {weights: start.safetensors}
        optimizer: {name: sgd, lr: 0.05, momentum: 0.9, weight_decay: 5.0e-4}
        schedule: {name: cosine, warmup: 1}
        training: {epochs: 10, batch: 256, shards: 8, seed: 0, stall_timeout: 300}
        checkpoint: {every_steps: 500, every_epochs: 1, keep: 3}
        logging: {every_steps: 10}
        output: runs/fashion-cnn
        """,
        """
        data: {train: {format: npy, features: x.npy, labels: y.npy}}
        model:
          - conv2d: {out: 4, kernel: 3, weight_norm: true, init: {weight: kaiming_normal, mode: fan_out, bias: zeros}}
          - group_norm: {num_groups: 2, eps: 1e-3}
          - batch_renorm: {r_max: 2, d_max: 1, warmup_steps: 3, r_steps: 7, d_steps: 9}
          - instance_norm: {affine: true}
          - layer_norm: [26, 26]
          - flatten
          - linear: {out: 10, spectral_norm: true, init: {weight: {name: trunc_normal, a: -1, b: 1}}}
          - layer_norm: {elementwise_affine: false}
        init: {default: orthogonal}
        """,
        """
        data: {train: {format: csv, files: [a.csv, "b.csv"], label: kind, ignore: [3]}}
        model:
          - &block
            linear: 5
          - relu
          - *block
          - residual: {body: [linear: 5], shortcut: []}
          - linear: 10
        """,
    ]
    /// Assignments that fit the first of them.
    static let overrides = [
        "training.batch=32", "model.0.conv2d.out=16", "optimizer={name: adam, lr: 0.1}", "data.test=null",
        "model.3.max_pool2d.stride=[1, 2]", "schedule.warmup_steps=5", "output=runs/x",
    ]
    /// A sweep and named runs.
    static let studies = [
        """
        title: Loss against epoch for three learning rates
        base: {recipe: fashion-mlp}
        set: {training.epochs: 5}
        vary: {optimizer.lr: [0.01, 0.1, 1.0], training.batch: [32, 64]}
        runs:
          adam: {optimizer: {name: adam}}
        report: {against: epoch, metrics: [train_loss, test_accuracy]}
        output: studies/rates
        """,
        """
        base: {recipe: fashion-mlp}
        set: {data.validation: {fraction: 0.1}}
        vary:
          optimizer.lr: {log_uniform: [1e-4, 1]}
          training.batch: {integer: [16, 64]}
          optimizer.momentum: {uniform: [0, 0.9]}
          model: {choices: [[flatten, {linear: 10}], [flatten, {linear: 16}, relu, {linear: 10}]]}
        trials: 3
        seed: 1
        search: {metric: validation_accuracy, eta: 2, first_epochs: 1}
        quick: {trials: 2, training.epochs: 2}
        """,
    ]
    /// Pieces that mean something to YAML, and to its careless readers.
    static let words = [
        " ", "\n", "\t", ": ", "- ", "{", "}", "[", "]", ",", "#", "&a ", "*a", "*a, ", "|", ">", "'", "\"",
        "\\",
        "!!int ", "!x ", "? ", "---\n", "...\n", "%YAML 1.2\n", "0", "010", ".nan", "1e400", "null", "~",
        "true",
        "\u{0}", "\u{FEFF}", "\u{85}", "\u{E000}", "é", "\u{1F600}", "\r\n", "<<: *a", "residual", "1000000",
        "<<: [*a, *a]", "<<: ", "x-a: &a ", "!!float ", "!!null ", "!!seq ", "~/", "${A}",
        "kernel: 0", "name", "clip", "\u{2028}", "@", "`", "[1, 2]", "  ", "a: &a [*a]\n",
    ]

    /// Most inputs become UTF-8 again, since nothing else reaches the reader.
    @Sendable static func repaired(_ bytes: [UInt8], _ draws: inout Draws) -> [UInt8] {
        draws.oneIn(10) ? bytes : Array(String(decoding: bytes, as: UTF8.self).utf8)
    }

    /// Bytes that are no UTF-8 never reach the reader.
    static let noText = Verdict.refused([Verdict.Refusal(kind: "unreadable", message: "no UTF-8")])

    /// Reads a configuration as the file config.yaml.
    static func read(
        _ text: String, _ overrides: [ConfigurationOverride] = []
    ) throws(ConfigurationError) -> RunConfiguration {
        try RunConfiguration(
            yaml: text, source: .file("config.yaml"), overrides: overrides, currentFolder: "/nowhere")
    }

    /// What is wrong with the written form of a configuration, which must read back as an equal one.
    static func brokenForm(of run: RunConfiguration) -> String? {
        do throws(ConfigurationError) {
            return try read(run.yaml) == run ? nil : "another configuration when written and read again"
        } catch {
            return "what was written is refused: \(error)"
        }
    }

    /// Traces the model of a configuration; layers that do not fit the data are for whoever has the data to find.
    static func brokenModel(of run: RunConfiguration) -> String? {
        do {
            _ = try TracedModel(
                run.makeModel(classes: 10), exampleShape: [1, 28, 28], target: .classes(10),
                loss: run.loss)
            return nil
        } catch is ModelError {
            return nil
        } catch {
            return error is ConfigurationError ? nil : "an error of no known type: \(error)"
        }
    }

    /// The verdict on what reads a text and returns what is wrong with it.
    static func judge(_ read: () throws(ConfigurationError) -> String?) -> Verdict {
        do throws(ConfigurationError) {
            return .accepted(unless: try read())
        } catch {
            // What an override or a study changes may be an error of the recipe's line, or of the file that a study names.
            let isElsewhere = error.description.hasPrefix("/") || error.description.hasPrefix("recipe ")
            return .refused(
                kind: error.kind.rawValue, error.description, naming: isElsewhere ? "" : "config.yaml",
                "--set")
        }
    }
}
