import Layers
import Optimizers
import Testing
import Training

@testable import Configuration

@Suite struct ExampleTests {
    @Test func everyKeyOfTheExampleArrives() throws {
        let run = try read(example, file: "folder/fashion.yaml")
        #expect(run.settings.data.training.format == .idx)
        #expect(run.settings.data.training.featureNames == ["/home/user/folder/train-images-idx3-ubyte.gz"])
        #expect(run.settings.data.test?.labelNames == ["/home/user/folder/t10k-labels-idx1-ubyte.gz"])
        #expect(run.settings.data.normalization == .standardize)
        #expect(run.settings.data.validation == nil)
        #expect(
            run.layerLines == [
                "conv2d: {out: 32, kernel: 3, stride: 1, padding: 1, groups: 1, bias: false}",
                "batch_norm: {sync: true, momentum: 0.1, eps: 1e-05}", "relu",
                "max_pool2d: {kernel: 2, stride: 2, padding: 0}", "flatten", "linear: {out: 128, bias: true}",
                "relu", "linear: {out: 10, bias: true}",
            ])
        #expect(run.loss == .crossEntropy)
        #expect(run.settings.initialWeights == "/home/user/folder/start.safetensors")
        #expect(run.settings.optimizer.rule as? SGD == (try SGD(momentum: 0.9, weightDecay: 5e-4)))
        #expect(run.settings.optimizer.learningRate == 0.05)
        #expect(try run.settings.rates().shape as? CosineShape == CosineShape())
        #expect(try run.settings.rates().warmup == .epochs(1))
        #expect(try run.settings.rates().baseRate == 0.05)
        let training = run.settings
        #expect(training.epochs == 10 && training.batch == 256 && training.shards == 8 && training.seed == 0)
        #expect(training.stallTimeout == 300)
        #expect(
            run.settings.checkpoints.everySteps == 500 && run.settings.checkpoints.everyEpochs == 1
                && run.settings.checkpoints.keep == 3)
        #expect(run.settings.loggingSteps == 10)
        #expect(run.output == "runs/fashion-cnn")
    }

    @Test func whatIsLeftOutHasItsDefault() throws {
        let run = try read(small, file: "/etc/my.first.yaml")
        #expect(run.settings.data.training.labelNames == ["/etc/y.npy"])
        #expect(run.settings.data.test == nil && run.settings.data.normalization == .standardize)
        #expect(run.loss == .crossEntropy && run.settings.initialWeights == nil)
        #expect(run.settings.optimizer.rule.name == "adam")
        #expect(try run.settings.rates().shape.name == "constant")
        let training = run.settings
        #expect(
            training.epochs == 10 && training.batch == 256 && training.shardCount == 8 && training.seed == 0)
        #expect(training.workers == nil && training.transport == .auto && training.instructionSet == nil)
        #expect(
            training.bucketBytes == 1_048_576 && training.clipping == .off
                && training.replicaCheckSteps == 100)
        #expect(run.line("stall_timeout") == "300" && run.line("instruction_set") == "auto")
        #expect(
            run.settings.checkpoints.everySteps == nil && run.settings.checkpoints.everyEpochs == 1
                && run.settings.checkpoints.keep == 3)
        #expect(run.settings.checkpoints.everyMinutes == nil && run.settings.checkpoints.keepsBest)
        #expect(run.settings.loggingSteps == 10)
        #expect(run.output == "runs/my.first")
    }

    @Test func everyOtherSettingArrives() throws {
        let run = try read(
            small + """
                loss: mse
                optimizer: {name: adam, betas: [0.8, 0.99], eps: 1e-6}
                schedule: {name: step, step_size: 2, gamma: 0.5, warmup_steps: 7, by: epoch}
                training:
                  stall_timeout: 0.5
                  workers: 2
                  transport: point_to_point
                  check_replicas: 0
                  bucket_bytes: 4096
                  instruction_set: avx2
                  clip: {norm: 1.5}
                  seed: 9223372036854775807
                checkpoint: {every_steps: 0, every_epochs: 0, every_minutes: 0.5, best: false}
                output: "2024"
                """)
        #expect(run.loss == .meanSquaredError)
        #expect(run.settings.optimizer.rule as? Adam == (try Adam(betas: (0.8, 0.99), epsilon: 1e-6)))
        #expect(try run.settings.rates().shape as? StepShape == StepShape(size: 2, gamma: 0.5))
        #expect(try run.settings.rates().warmup == .steps(7) && run.settings.rates().unit == .epoch)
        #expect(run.settings.stallTimeout == 0.5 && run.settings.workers == 2)
        #expect(run.settings.transport == .pointToPoint && run.settings.bucketBytes == 4096)
        #expect(run.settings.replicaCheckSteps == 0)
        #expect(run.settings.instructionSet == .avx2 && run.settings.clipping.maximumNorm == 1.5)
        #expect(run.settings.seed == 9_223_372_036_854_775_807)
        #expect(run.settings.checkpoints.everySteps == nil && run.settings.checkpoints.everyEpochs == nil)
        #expect(run.settings.checkpoints.everyMinutes == 0.5 && !run.settings.checkpoints.keepsBest)
        #expect(run.output == "2024")
    }

    @Test func shortFormsMeanTheLongOnes() throws {
        let short = try read(small + "optimizer: sgd\nschedule: cosine\ntraining: {clip: 2, workers: null}")
        let long = try read(
            small + "optimizer: {name: sgd}\nschedule: {name: cosine}\ntraining: {clip: {max_norm: 2.0}}")
        #expect(short == long)
        #expect(try read(small) == read(small + "training:\n  # batch: 3\ncheckpoint: ~\nlogging:\n"))
        #expect(short != (try read(small + "optimizer: sgd\nschedule: cosine")))
        // Words are texts, in quotation marks too, as JSON has them.
        #expect(
            try read(small + "training: {\"batch\": \"full\"}\nevaluation: {metrics: [\"top_2_accuracy\"]}")
                == read(small + "training: {batch: full}\nevaluation: {metrics: [top_2_accuracy]}"))
    }

    /// Checkpoints are sparing where the section says nothing, and where it says so; given keys mean what they say.
    @Test func sparingCheckpoints() throws {
        func section(_ text: String) throws -> TrainingSettings.Checkpoints {
            try read(small + text).settings.checkpoints
        }
        for text in ["", "checkpoint: ~\n", "checkpoint: {every_epochs: auto}\n"] {
            #expect(try section(text).isSparing && section(text).everyEpochs == 1, "\(text)")
        }
        for text in [
            "{keep: 5}", "{every_steps: 10}", "{every_epochs: 1}", "{every_epochs: 0}", "{best: true}",
        ] {
            #expect(try !section("checkpoint: \(text)\n").isSparing, "\(text)")
        }
        let both = try section("checkpoint: {every_epochs: auto, every_steps: 9, keep: 5}\n")
        #expect(both.isSparing && both.everySteps == 9 && both.keep == 5)
        #expect(throws: ConfigurationError.self) { try section("checkpoint: {every_epochs: automatic}\n") }
        for text in ["", "checkpoint: {every_epochs: 1}\n", "checkpoint: {every_epochs: auto, keep: 2}\n"] {
            let run = try read(small + text)
            #expect(try read(run.yaml) == run, "\(text)")
            #expect(try read(run.yaml).settings.checkpoints.isSparing == run.settings.checkpoints.isSparing)
        }
    }
}
