import Options
import Testing
import Training

@testable import Configuration

/// What holds for every key of the table.
@Suite struct SettingsTableTests {
    private static let table = SettingsTable.standard

    /// Configurations that together say something else than the default for every key.
    private static let full = [
        """
        data:
          root: /sets
          train: {format: csv, files: [a.csv, b.csv], label: y, delimiter: ";", ignore: [id], classes: 3}
          test: {format: cifar10, files: t.bin}
          validation: {fraction: 0.25}
          normalize: {name: whiten, eps: 0.01}
          augment: [flip, {crop: 4}, {erasing: {ratio: [0.5, 2]}}]
          shuffle: once
          bucket: true
        model: [{conv2d: {out: 8, kernel: [3, 5]}}, {residual: {body: [{layer_norm: [3]}]}}, flatten, {linear: 3}]
        loss: {name: cross_entropy, label_smoothing: 0.1, class_weights: [1, 2, 0.5]}
        init: {weights: /w.safetensors, default: {weight: orthogonal, gain: 2, bias: zeros}}
        optimizer: {name: adamw, lr: 0.25, betas: [0.8, 0.9], no_decay: [bias, norm], lookahead: {k: 3}, sharded: true}
        schedule: {name: cosine, warmup: 0.5, scale_with_batch: 64, momentum: {from: 0.5, to: 0.75, epochs: 5}}
        training:
          epochs: 7
          max_minutes: 12.5
          batch: 48
          memory: 1.5 GiB
          accumulate: 2
          batch_growth: {epochs: [2, 5], factor: 1.5, max: 512}
          max_skipped_steps: 3
          skip_spikes: {sigma: 4, window: 32}
          watch: {metric: validation_accuracy, by: step}
          early_stopping: {patience: 2, min_change: 0.01, restore_best: false}
          on_plateau: {patience: 4, min_delta: 0.25}
          shards: 4
          seed: 9223372036854775807
          stall_timeout: 0.5
          workers: 2
          transport: shared
          exchange: bfloat16
          precision: bfloat16
          check_replicas: 7
          bucket_bytes: 4096
          instruction_set: baseline
          clip: {value: 0.5}
        evaluation: {metrics: [top_3_accuracy, f1], every_steps: 5, train: true}
        checkpoint: {every_steps: 7, every_epochs: 2, every_minutes: 2.5, keep: 1, best: false}
        logging: {every_steps: 3, layers: true, predictions: false, tensorboard: false, csv: true}
        output: "12"
        """,
        small
            + "training: {online: true, delayed: true, batch: full, clip: 2}\nschedule: {name: step, step_size: 2}\n",
        small
            + "logging: {noise_scale: true, curvature: 20, parameters: 7, effective_rates: 5, covariate_shift: 3}\n"
            + "training: {batch_growth: {noise: true}}\n",
    ]

    /// What a configuration says of every key.
    private func values(_ run: RunConfiguration) -> [OptionValue] {
        Self.table.keys.map { Self.table.plainValue(of: $0, in: run.settings).canonical }
    }

    @Test(arguments: [small, dataLine + "model: mlp\n"] + full)
    func valuesAreReadBackFromWhatIsWritten(yaml: String) throws {
        let run = try read(yaml)
        // Nothing in the text depends on where it is read.
        let again = try RunConfiguration(
            yaml: run.yaml, source: .file("/else/where.yaml"), currentFolder: "/")
        for ((key, before), now) in zip(zip(Self.table.keys, values(run)), values(again)) {
            #expect(before == now, "\(key.path)")
        }
        #expect(again == run && again.yaml == run.yaml)
    }

    /// Control of the test above: it is about every key but the one that is only a way to read others.
    @Test func everyKeyIsSetByOneOfThem() throws {
        let standard = values(try read(small))
        let others = try Self.full.map { values(try read($0)) }
        for (place, key) in Self.table.keys.enumerated() where key.path != SettingsTable.rootPath {
            #expect(others.contains { $0[place] != standard[place] }, "\(key.path)")
        }
    }

    @Test func everyKeyIsSaidInOneSentence() {
        #expect(Set(Self.table.keys.map(\.path)).count == Self.table.keys.count)
        for key in Self.table.keys { #expect(isSentence(key.summary), "\(key.path): \(key.summary)") }
    }

    @Test func everyKeyIsSuggestedForASlip() throws {
        for key in Self.table.keys {
            let name = key.name.isEmpty ? key.section : key.name
            let text = failure(small, [try .set("\(key.path)x=1")])
            #expect(
                text == "--set \(key.path)x=1: unknown key; did you mean \"\(name)\"?"
                    || text == "--set \(key.path)x=1: unknown option; did you mean \"\(name)\"?", "\(text)")
        }
    }

    @Test func everyKeyIsFoundFromAnotherSection() {
        for key in Self.table.keys where !key.name.isEmpty && ConfigurationKeys.section(key.name) == nil {
            #expect(ConfigurationKeys.paths(of: key.name).contains(key.path), "\(key.path)")
        }
    }
}

/// Whether a text is one sentence.
func isSentence(_ text: String) -> Bool {
    text.hasSuffix(".") && text.count > 4 && !text.dropLast().contains(". ")
        && !text.contains { $0.isNewline }
        && text.first?.isWhitespace == false
}
