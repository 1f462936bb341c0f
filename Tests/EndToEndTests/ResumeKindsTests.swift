import Foundation
import Optimizers
import ProcessSupport
import Testing

extension EndToEndTests {
    /// 4 → 2 → 3 → 1 ranks, stopped in the middle of epochs, against a run that never stopped: with every optimizer,
    /// schedule, batch mode and normalization there is.
    @Suite struct ResumeKinds {
        /// A kind of training.
        struct Kind: Sendable, CustomTestStringConvertible {
            let optimizer: String
            let schedule: String
            var model = "mlp"
            var settings: [String] = []
            /// Where the parts stop.
            var stops = [3, 6, 9]

            var testDescription: String { "\(optimizer) \(schedule) \(model) \(settings)" }

            /// The first name in a section, "{name: adam, ...}".
            static func name(_ section: String) -> String {
                String(section.dropFirst("{name: ".count).prefix { $0 != "," && $0 != "}" })
            }
        }

        static let kinds = [
            Kind(
                optimizer: "{name: sgd, lr: 0.05, momentum: 0.9, nesterov: true, weight_decay: 0.001}",
                schedule: "{name: cosine, warmup: 0.5}", model: "norms"),
            Kind(
                optimizer: "{name: sgd, lr: 0.05, momentum: 0.9}", schedule: "{name: one_cycle}",
                settings: ["training.exchange=bfloat16", "data.shuffle=once"]),
            Kind(
                optimizer: "{name: delta_bar_delta}", schedule: "{name: constant}",
                settings: ["training.batch=full", "training.accumulate=2", "training.epochs=12"]),
            Kind(
                optimizer: "{name: adagrad}", schedule: "{name: step, step_size: 2, by: epoch}",
                settings: [
                    "data.normalize=whiten", "training.online=true", "training.epochs=1", "training.batch=11",
                ]),
            Kind(
                optimizer: "{name: rmsprop, centered: true, momentum: 0.5}",
                schedule: "{name: multi_step, milestones: [1, 2], by: epoch}",
                settings: ["training.accumulate=2", "training.batch=18"]),
            Kind(
                optimizer: "{name: adagrad, mean: true}", schedule: "{name: linear, tau_steps: 9}",
                settings: ["training.delayed=true"]),
            Kind(
                optimizer: "{name: rmsprop, first: gradient, momentum: 0.5}", schedule: "{name: inverse}",
                settings: ["training.delayed=true"]),
            Kind(
                optimizer: "{name: sgd, lr: 0.05, momentum: 0.9, nesterov: true}",
                schedule: "{name: constant, momentum: nesterov}"),
            Kind(
                optimizer: "{name: adadelta, lr: 1}", schedule: "{name: exponential, gamma: 0.95}",
                model: "norms"),
            Kind(
                optimizer: "{name: adam, lookahead: {k: 2}}",
                schedule: "{name: cosine_restarts, t_0: 2, by: epoch}",
                settings: ["training.delayed=true", "training.clip={norm: 0.5}"]),
            Kind(
                optimizer: "{name: amsgrad, sharded: true}",
                schedule:
                    "{name: cyclical, base_lr: 0.001, step_size_up: 5, cycle_momentum: false}",
                model: "norms", settings: ["data.normalize=none"]),
            Kind(
                optimizer: "{name: nadam, sharded: true}", schedule: "{name: polynomial, power: 2}",
                settings: ["training.delayed=true", "training.clip={value: 0.05}"]),
            Kind(
                optimizer: "{name: radam}", schedule: "{name: inverse, tau: 3}",
                settings: ["training.batch_growth={every: 1}", "training.batch=12"], stops: [7, 14, 18]),
            Kind(
                optimizer: "{name: adamw, no_decay: [bias, norm]}",
                schedule: "{name: inverse_sqrt, warmup_steps: 4}", model: "norms",
                settings: ["data.validation={fraction: 0.2}", "training.batch=28"]),
            Kind(optimizer: "{name: adamax}", schedule: "{name: linear}", model: "norms"),
            Kind(
                optimizer: "{name: lars, lr: 0.1, sharded: true}",
                schedule: "{name: reduce_on_plateau, patience: 0}", model: "norms",
                settings: ["data.validation={fraction: 0.2}", "training.batch=28"]),
            Kind(
                optimizer: "{name: lamb, lr: 0.01, lookahead: {k: 3}}", schedule: "{name: constant}",
                settings: [
                    "training.batch_growth={noise: true, factor: 1.5}", "training.batch=12",
                    "logging.every_steps=2",
                ], stops: [7, 14, 18]),
            Kind(
                optimizer: "{name: swats, sharded: true}", schedule: "{name: constant}", model: "norms",
                settings: [
                    "training.early_stopping={patience: 1}", "data.validation={fraction: 0.2}",
                    "training.batch=28",
                ], stops: [2, 5, 7]),
            Kind(
                optimizer: "{name: newton_cg, cg_iterations: 6, weight_decay: 0.001, no_decay: [bias, norm]}",
                schedule: "{name: constant}", model: "norms",
                settings: ["training.accumulate=2", "training.batch=36", "training.epochs=6"],
                stops: [3, 6, 9]),
        ]

        static let mlp = """
            model: [{linear: 300}, tanh, {dropout: 0.2}, {linear: 200}, gelu, {linear: 4}]
            data:
              train: {format: npy, features: rows.npy, labels: labels.npy}
              test: {format: npy, features: rows.npy, labels: labels.npy}
            training: {epochs: 3, batch: 36, shards: 8, seed: 3}
            logging: {every_steps: 1}
            """

        /// Every normalization of activations and of weights.
        static let norms = """
            data:
              train: {format: npy, features: images.npy, labels: labels.npy}
              test: {format: npy, features: images.npy, labels: labels.npy}
            model:
              - conv2d: {out: 12, kernel: 3, padding: 1, weight_norm: true}
              - group_norm: 4
              - relu
              - conv2d: {out: 8, kernel: 3, padding: 1, bias: false}
              - batch_renorm: {r_max: 2, d_max: 1, warmup_steps: 2, r_steps: 4, d_steps: 6, momentum: 0.2}
              - relu
              - conv2d: {out: 8, kernel: 3, bias: false, spectral_norm: true}
              - instance_norm
              - flatten
              - linear: 12
              - layer_norm
              - batch_norm: {sync: true, momentum: 0.3}
              - gelu
              - linear: {out: 4, spectral_norm: true}
            training: {epochs: 3, batch: 36, shards: 8, seed: 3}
            logging: {every_steps: 1}
            """

        @Test func allKindsAreHere() {
            #expect(Set(Self.kinds.map { Kind.name($0.optimizer) }) == Set(OptimizerConfiguration.names))
            #expect(Set(Self.kinds.map { Kind.name($0.schedule) }) == Set(LearningRateSchedule.names))
        }

        @Test(arguments: kinds)
        func resume(_ kind: Kind) throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try data.write("run.yaml", text: kind.model == "mlp" ? Self.mlp : Self.norms)
            let settings = ["optimizer=\(kind.optimizer)", "schedule=\(kind.schedule)"] + kind.settings
            func run(_ ranks: Int, _ more: [String]) throws {
                let result = try DTrainRun.run(
                    ranks, ["--config", configuration] + settings.flatMap { ["--set", $0] } + more)
                try #require(result.exitCode == 0, "\(ranks) ranks \(more): \(result)")
            }
            try run(1, ["--output", data.path("whole")])
            let parts = ["--output", data.path("parts"), "--resume", "auto"]
            for (ranks, step) in zip([4, 2, 3], kind.stops) {
                try run(ranks, parts + ["--steps", "\(step)"])
            }
            try run(1, parts)
            #expect(try DTrainRun.results(data.path("parts")) == DTrainRun.results(data.path("whole")))
            // The optimizer's state is the same, too.
            for folder in ["parts", "whole"] {
                let names = try FileManager.default.contentsOfDirectory(
                    atPath: data.path("\(folder)/checkpoints")
                )
                .sorted()
                let newest = try #require(names.last)
                try FileManager.default.moveItem(
                    atPath: data.path("\(folder)/checkpoints/\(newest)"),
                    toPath: data.path("\(folder)/newest"))
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: data.path("whole/newest"))
                .sorted()
            // The radius of the one without arrays stands with the position.
            let hasArrays = Kind.name(kind.optimizer) != NewtonCG.name
            #expect(names.contains("optimizer.safetensors") == hasArrays)
            for name in names where name.hasSuffix(".safetensors") {
                let bytes = try ["parts", "whole"].map {
                    try Data(contentsOf: URL(fileURLWithPath: data.path("\($0)/newest/\(name)")))
                }
                #expect(bytes[0] == bytes[1], "\(name)")
            }
        }
    }
}
