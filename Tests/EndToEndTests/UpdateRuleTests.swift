import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Update rules that look at whole tensors, wrap others or leave parameters out: the same bytes at any number of
    /// ranks, from a checkpoint too.
    @Suite struct UpdateRules {
        static let ways: [(ranks: Int, options: [String])] = [
            (2, []), (3, []), (4, ["nodes=2"]), (4, ["nodes=2", "sharded=true"]),
            (3, ["transport=point_to_point", "bucket=1"]),
        ]

        @Test(arguments: [
            ["optimizer=lars", "decay=0.01", "no_decay=true"], ["optimizer=lamb", "lookahead=2"],
            ["optimizer=swats"], ["optimizer=adamw", "decay=0.1", "no_decay=true"],
            ["lookahead=2", "momentum=0.9"], ["optimizer=nadam"],
            ["schedule=reduce_on_plateau", "epochs=4", "batch=16"],
            ["momentum=0.5", "schedule=one_cycle"],
        ])
        func sameBytes(_ options: [String]) throws {
            let data = try TestData()
            defer { data.remove() }
            let alone = try ControlledRun.run(1, data, "mlp", options + ["batch=16"], output: "alone")
            for way in Self.ways {
                let run = try ControlledRun.run(
                    way.ranks, data, "mlp", options + ["batch=16"] + way.options, output: "run")
                #expect(run.weights == alone.weights, "\(options) \(way)")
            }
            // Control: each option but the first changes the bytes.
            for dropped in options.indices.dropFirst() where options[dropped] != "batch=16" {
                var others = options
                others.remove(at: dropped)
                let other = try ControlledRun.run(1, data, "mlp", others + ["batch=16"])
                #expect(other.weights != alone.weights, "without \(options[dropped])")
            }
        }

        @Test(arguments: [
            ["optimizer=swats"], ["optimizer=lamb", "lookahead=3"],
            ["schedule=reduce_on_plateau"],
        ])
        func resume(_ options: [String]) throws {
            let data = try TestData()
            defer { data.remove() }
            let all = options + ["batch=16", "epochs=3"]
            let whole = try ControlledRun.run(2, data, "mlp", all, output: "whole")
            var last = whole
            for (ranks, more) in [(4, ["steps=4"]), (2, ["steps=10", "sharded=true", "nodes=1"]), (3, [])] {
                last = try ControlledRun.run(
                    ranks, data, "mlp", all + more + ["resume=true"], output: "parts")
            }
            #expect(last.weights == whole.weights)
            #expect(
                try DTrainRun.results(data.path("parts")) == DTrainRun.results(data.path("whole")))
        }

        /// Signs of mini-batch gradients are noise, so delta_bar_delta takes none.
        @Test func fullBatchOnly() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "mlp")
            let rule = ["--set", "optimizer={name: delta_bar_delta}", "--set", "schedule={name: constant}"]
            let refused = try DTrainRun.run(
                2, ["--config", configuration, "--output", data.path("a")] + rule)
            #expect(refused.exitCode == 78, "\(refused)")
            #expect(
                refused.standardError.contains(
                    "training.batch: must be full beside optimizer delta_bar_delta"), "\(refused)")
            let full = try DTrainRun.run(
                2,
                ["--config", configuration, "--output", data.path("b"), "--set", "training.batch=full"]
                    + rule)
            #expect(full.exitCode == 0, "\(full)")
        }
    }
}
