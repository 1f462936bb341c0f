import Foundation
import Testing

extension EndToEndTests {
    /// Accumulated, delayed, growing and full batches, and what watches them: the same bytes at any number of ranks.
    @Suite struct StepModes {
        /// Ranks, and how they stand to one another.
        static let ways: [(ranks: Int, options: [String])] = [
            (2, []), (3, []), (4, ["nodes=2"]), (3, ["transport=point_to_point", "bucket=1"]),
            (4, ["nodes=2", "sharded=true"]), (1, ["workers=2"]),
        ]

        @Test(arguments: [
            ("mlp", ["accumulate=3", "batch=8", "optimizer=adam", "clip=0.5"]),
            ("cnn", ["accumulate=2", "batch=16", "momentum=0.9"]),
            ("mlp", ["delayed=true", "optimizer=adam", "clip=0.5", "epochs=2"]),
            ("cnn", ["delayed=true", "momentum=0.9", "batch=16"]),
            ("mlp", ["grow_by_noise=1.5", "batch=6", "epochs=3", "log=2"]),
            ("cnn", ["grow_every=1", "batch=8", "epochs=3", "clip_value=0.01"]),
            ("mlp", ["full=true", "accumulate=3", "epochs=3"]),
            ("mlp", ["patience=1", "epochs=8", "batch=8", "momentum=0.99"]),
        ])
        func sameBytes(_ model: String, _ options: [String]) throws {
            let data = try TestData()
            defer { data.remove() }
            let alone = try ControlledRun.run(1, data, model, options, output: "alone")
            for way in Self.ways {
                let run = try ControlledRun.run(
                    way.ranks, data, model, options + way.options, output: "run")
                #expect(run.weights == alone.weights, "\(model) \(options) \(way)")
                #expect(
                    try DTrainRun.results(data.path("run")) == DTrainRun.results(data.path("alone")),
                    "\(model) \(options) \(way)")
            }
            // Control: what the first option asks for changes the bytes.
            let plain = try ControlledRun.run(1, data, model, Array(options.dropFirst()), output: "plain")
            #expect(plain.weights != alone.weights, "\(model) \(options)")
        }

        /// Stopped in the middle of epochs and gone on with at other rank counts.
        @Test(arguments: [
            ["delayed=true", "optimizer=adam", "epochs=3", "batch=16"],
            ["grow_by_noise=1.5", "batch=6", "epochs=3", "log=2", "momentum=0.9"],
            ["accumulate=2", "batch=8", "epochs=3", "optimizer=adam"],
        ])
        func resume(_ options: [String]) throws {
            let data = try TestData()
            defer { data.remove() }
            let whole = try ControlledRun.run(2, data, "mlp", options, output: "whole")
            var last = whole
            for (ranks, more) in [
                (4, ["steps=3"]), (2, ["steps=5", "sharded=true", "nodes=1"]), (3, ["steps=8"]), (1, []),
            ] {
                last = try ControlledRun.run(
                    ranks, data, "mlp", options + more + ["resume=true"], output: "parts")
            }
            #expect(last.weights == whole.weights)
            #expect(
                try DTrainRun.results(data.path("parts")) == DTrainRun.results(data.path("whole")))
        }
    }
}
