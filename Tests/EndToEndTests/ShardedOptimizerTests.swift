import Foundation
import Testing

extension EndToEndTests {
    /// Optimizer state spread over all ranks: the bytes are those of state kept once per node.
    @Suite struct ShardedOptimizer {
        /// Ranks, and how they stand to one another.
        static let ways: [(ranks: Int, options: [String])] = [
            (1, []), (2, []), (4, ["nodes=2"]), (3, ["transport=point_to_point"]),
            (5, ["nodes=2", "bucket=1"]),
            (3, ["nodes=2", "workers=2"]),
        ]

        @Test(arguments: [
            ["momentum=0.9"], ["optimizer=adam"], ["optimizer=adam", "clip=0.05"], ["optimizer=sgd"],
        ])
        func sameBytes(_ options: [String]) throws {
            let data = try TestData()
            defer { data.remove() }
            let alone = try ControlledRun.run(1, data, "mlp", options)
            for way in Self.ways {
                let run = try ControlledRun.run(
                    way.ranks, data, "mlp", options + way.options + ["sharded=true"])
                #expect(run.weights == alone.weights, "\(way) \(options)")
            }
            // Control: a state that is lost between steps would show.
            if options == ["momentum=0.9"] {
                #expect(try ControlledRun.run(1, data, "mlp").weights != alone.weights)
            }
        }

        @Test func synchronizedBatchNorm() throws {
            let data = try TestData()
            defer { data.remove() }
            let options = ["optimizer=adam", "clip=0.5"]
            let alone = try ControlledRun.run(1, data, "cnn", options)
            for way in Self.ways {
                let run = try ControlledRun.run(
                    way.ranks, data, "cnn", options + way.options + ["sharded=true"])
                #expect(run.weights == alone.weights, "\(way)")
            }
        }

        /// A rank keeps about 1/R of what a node keeps otherwise; all ranks together keep it once.
        @Test func memory() throws {
            let data = try TestData()
            defer { data.remove() }
            let options = ["optimizer=adam", "steps=1", "nodes=2"]
            for ranks in [2, 4] {
                let whole = try ControlledRun.run(ranks, data, "mlp", options).lines["state_bytes"] ?? []
                let parts =
                    try ControlledRun.run(ranks, data, "mlp", options + ["sharded=true"]).lines["state_bytes"]
                    ?? []
                try #require(whole.count == ranks && parts.count == ranks)
                let total = whole[0]
                // Two Float32 per weight of 6 to 300 to 700 to 4, and the gaps between tensors.
                let weights = 6 * 300 + 300 + 300 * 700 + 700 + 700 * 4 + 4
                #expect(
                    whole.allSatisfy { $0 == total } && total >= weights * 8 && total < weights * 8 + 1024)
                #expect(parts.reduce(0, +) >= weights * 8 && parts.reduce(0, +) < weights * 8 + 4096)
                for part in parts {
                    #expect(abs(Double(part) * Double(ranks) / Double(total) - 1) < 0.15)
                }
            }
        }

        /// 4 → 2 → 3 → 1 ranks, sharded and not in turn, against one run that never stopped.
        @Test(arguments: ["momentum=0.9", "optimizer=adam"])
        func resume(_ optimizer: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let options = [optimizer, "clip=0.2", "epochs=3"]
            let whole = try ControlledRun.run(1, data, "mlp", options, output: "whole")
            let parts: [(ranks: Int, options: [String])] = [
                (4, ["nodes=2", "sharded=true", "steps=3"]), (2, ["sharded=false", "steps=5"]),
                (3, ["transport=point_to_point", "sharded=true", "steps=8"]),
            ]
            for part in parts {
                _ = try ControlledRun.run(
                    part.ranks, data, "mlp", options + part.options + ["resume=true"], output: "parts")
            }
            for sharded in [true, false] {
                let output = "parts-\(sharded)"
                try FileManager.default.copyItem(atPath: data.path("parts"), toPath: data.path(output))
                let last = try ControlledRun.run(
                    1, data, "mlp", options + ["sharded=\(sharded)", "resume=true"], output: output)
                #expect(last.weights == whole.weights)
                let file = "checkpoints/step-000000012/optimizer.safetensors"
                let state = try Data(contentsOf: URL(fileURLWithPath: data.path("\(output)/\(file)")))
                let expected = try Data(contentsOf: URL(fileURLWithPath: data.path("whole/\(file)")))
                #expect(state == expected)
            }
        }
    }
}
