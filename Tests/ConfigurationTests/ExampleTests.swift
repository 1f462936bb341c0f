import Layers
import Optimizers
import Testing

@testable import Configuration

@Suite struct ExampleTests {
    @Test func everyKeyOfTheExampleArrives() throws {
        let run = try read(example, file: "folder/fashion.yaml")
        #expect(run.data.train.format == .idx)
        #expect(run.data.train.features == ["/home/user/folder/train-images-idx3-ubyte.gz"])
        #expect(run.data.test?.labels == ["/home/user/folder/t10k-labels-idx1-ubyte.gz"])
        #expect(run.data.normalize == .standardize)
        #expect(run.data.validation == nil)
        guard case .layers(let layers) = run.model.form else {
            Issue.record("the model is no list")
            return
        }
        #expect(
            layers.map(\.kind) == [
                .conv2d(out: 32, in: nil, kernel: 3, stride: 1, padding: 1, groups: 1, bias: false),
                .batchNorm(sync: true, momentum: 0.1, eps: 1e-5), .relu,
                .maxPool2d(.init(kernel: 2, stride: 2)), .flatten, .linear(out: 128, in: nil, bias: true),
                .relu,
                .linear(out: 10, in: nil, bias: true),
            ])
        #expect(run.loss == .crossEntropy)
        #expect(run.initial.weights == "/home/user/folder/start.safetensors")
        #expect(run.optimizer.configuration.rule as? SGD == (try SGD(momentum: 0.9, weightDecay: 5e-4)))
        #expect(run.optimizer.configuration.learningRate == 0.05)
        #expect(run.schedule.schedule.shape as? CosineShape == CosineShape())
        #expect(run.schedule.schedule.warmup == .epochs(1))
        #expect(run.schedule.schedule.baseRate == 0.05)
        let training = run.training
        #expect(training.epochs == 10 && training.batch == 256 && training.shards == 8 && training.seed == 0)
        #expect(training.stallTimeout == 300)
        #expect(
            run.checkpoint.everySteps == 500 && run.checkpoint.everyEpochs == 1 && run.checkpoint.keep == 3)
        #expect(run.logging.everySteps == 10)
        #expect(run.output == "runs/fashion-cnn")
    }

    @Test func whatIsLeftOutHasItsDefault() throws {
        let run = try read(small, file: "/etc/my.first.yaml")
        #expect(run.data.train.labels == ["/etc/y.npy"])
        #expect(run.data.test == nil && run.data.normalize == .standardize)
        #expect(run.loss == .crossEntropy && run.initial.weights == nil)
        #expect(run.optimizer.configuration.rule.name == "adam")
        #expect(run.schedule.schedule.shape.name == "constant")
        let training = run.training
        #expect(training.epochs == 10 && training.batch == 256 && training.shards == 8 && training.seed == 0)
        #expect(training.workers == nil && training.transport == .auto && training.instructionSet == .auto)
        #expect(
            training.bucketBytes == 1_048_576 && training.clipping == .off && training.stallTimeout == 300
                && training.replicaCheckSteps == 100)
        #expect(
            run.checkpoint.everySteps == nil && run.checkpoint.everyEpochs == 1 && run.checkpoint.keep == 3)
        #expect(run.checkpoint.everyMinutes == nil && run.checkpoint.keepsBest)
        #expect(run.logging.everySteps == 10)
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
        #expect(run.optimizer.configuration.rule as? Adam == (try Adam(betas: (0.8, 0.99), epsilon: 1e-6)))
        #expect(run.schedule.schedule.shape as? StepShape == StepShape(size: 2, gamma: 0.5))
        #expect(run.schedule.schedule.warmup == .steps(7) && run.schedule.schedule.unit == .epoch)
        #expect(run.training.stallTimeout == 0.5 && run.training.workers == 2)
        #expect(run.training.transport == .pointToPoint && run.training.bucketBytes == 4096)
        #expect(run.training.replicaCheckSteps == 0)
        #expect(run.training.instructionSet == .avx2 && run.training.clipping.maximumNorm == 1.5)
        #expect(run.training.seed == 9_223_372_036_854_775_807)
        #expect(run.checkpoint.everySteps == nil && run.checkpoint.everyEpochs == nil)
        #expect(run.checkpoint.everyMinutes == 0.5 && !run.checkpoint.keepsBest)
        #expect(run.output == "2024")
    }

    @Test func shortFormsMeanTheLongOnes() throws {
        let short = try read(small + "optimizer: sgd\nschedule: cosine\ntraining: {clip: 2, workers: null}")
        let long = try read(
            small + "optimizer: {name: sgd}\nschedule: {name: cosine}\ntraining: {clip: {max_norm: 2.0}}")
        #expect(short == long)
        #expect(try read(small) == read(small + "training:\n  # batch: 3\ncheckpoint: ~\nlogging:\n"))
        #expect(short != (try read(small + "optimizer: sgd\nschedule: cosine")))
    }

    /// Checkpoints are sparing where the section says nothing, and where it says so; given keys mean what they say.
    @Test func sparingCheckpoints() throws {
        func section(_ text: String) throws -> CheckpointSection { try read(small + text).checkpoint }
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
            #expect(try read(run.yaml).checkpoint == run.checkpoint, "\(text)")
        }
    }
}
