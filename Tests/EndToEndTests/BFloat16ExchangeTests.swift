import Foundation
import Testing

extension EndToEndTests {
    /// Gradients rounded to bfloat16 where they are summed: other bytes than Float32's, but the same at any number of
    /// ranks and nodes.
    @Suite struct BFloat16Exchange {
        static let ways: [(ranks: Int, options: [String])] = [
            (2, []), (3, []), (4, []), (7, []), (1, ["workers=3"]), (4, ["nodes=2"]), (7, ["nodes=3"]),
            (3, ["transport=point_to_point"]), (4, ["transport=point_to_point", "bucket=1"]),
            (4, ["nodes=2", "sharded=true"]),
        ]

        @Test(arguments: [
            ("mlp", ["optimizer=adam"]), ("cnn", ["momentum=0.9", "clip=0.5"]), ("line", []),
        ])
        func sameBytes(_ model: String, _ options: [String]) throws {
            let data = try TestData()
            defer { data.remove() }
            let bfloat16 = options + ["exchange=bfloat16"]
            let alone = try ControlledRun.run(1, data, model, bfloat16)
            #expect(try ControlledRun.run(1, data, model, options).weights != alone.weights)
            for way in Self.ways {
                let run = try ControlledRun.run(way.ranks, data, model, bfloat16 + way.options)
                #expect(run.weights == alone.weights, "\(model) \(way)")
            }
        }

        /// Lone shards, whose gradients no sum rounds, and subtrees without examples.
        @Test func emptyShards() throws {
            let data = try TestData(count: 23)
            defer { data.remove() }
            let options = ["exchange=bfloat16", "shards=5"]
            for batch in ["batch=1", "batch=3"] {
                let alone = try ControlledRun.run(1, data, "mlp", options + [batch])
                for (ranks, more) in [(2, []), (4, ["nodes=2"]), (5, ["nodes=2"]), (5, ["nodes=1"])] {
                    let run = try ControlledRun.run(ranks, data, "mlp", options + more + [batch])
                    #expect(run.weights == alone.weights, "\(ranks) \(more) \(batch)")
                }
            }
        }
    }
}
