import Foundation
import Testing

extension EndToEndTests {
    /// One machine that stands for several nodes with several ranks each: the bytes are those of one rank.
    @Suite struct Nodes {
        /// A number of ranks on pretended nodes.
        struct Way: Sendable, CustomTestStringConvertible {
            let nodes: [Int]
            var ranks: Int { nodes.reduce(0, +) }
            var testDescription: String { nodes.map(String.init).joined(separator: "+") }
        }

        static let ways: [Way] = [[2, 2], [2, 2, 1], [3, 3, 1], [2, 1]].map { Way(nodes: $0) }

        /// Expects the bytes of one rank from each way of having `options`, and that its nodes are what it says.
        private func expectSameBytes(
            _ ways: [Way], _ data: TestData, _ model: String, _ options: [String]
        ) throws {
            let alone = try ControlledRun.run(1, data, model, options)
            for way in ways {
                let run = try ControlledRun.run(
                    way.ranks, data, model, options + ["nodes=\(way.nodes[0])"])
                #expect(run.lines["nodes"] == way.nodes)
                #expect(run.weights == alone.weights, "\(way.testDescription) \(model) \(options)")
            }
        }

        /// Batch norm over all shards, clipping, and small buckets: vectors and gradients cross nodes.
        @Test func synchronizedBatchNorm() throws {
            let data = try TestData()
            defer { data.remove() }
            try expectSameBytes(Self.ways, data, "cnn", ["momentum=0.9", "clip=0.5"])
            try expectSameBytes(
                [Way(nodes: [2, 2]), Way(nodes: [3, 3, 1])], data, "cnn", ["bucket=1", "workers=2"])
        }

        /// Parameters of several blocks, so that every rank has a slice.
        @Test func severalBlocks() throws {
            let data = try TestData()
            defer { data.remove() }
            try expectSameBytes(Self.ways, data, "mlp", ["optimizer=adam"])
        }

        /// Mini-batches of three examples in five shards: whole ranks and subtrees are empty.
        @Test func emptyShards() throws {
            let data = try TestData(count: 23)
            defer { data.remove() }
            let ways = [[2, 2], [2, 2, 1], [2, 1], [3, 1]].map { Way(nodes: $0) }
            try expectSameBytes(ways, data, "cnn", ["shards=5", "batch=3", "momentum=0.9"])
            try expectSameBytes(ways, data, "mlp", ["shards=5", "batch=3", "clip=0.1"])
        }

        /// Gradients that cancel to what the order of the sum decides, and the control that must differ.
        @Test func cancellingGradients() throws {
            let data = try TestData()
            defer { data.remove() }
            try expectSameBytes(Self.ways, data, "line", [])
            let alone = try ControlledRun.run(1, data, "line")
            let inRankOrder = try Self.ways.map { way in
                try ControlledRun.run(
                    way.ranks, data, "line", ["nodes=\(way.nodes[0])"], control: "sumInRankOrder")
            }
            #expect(inRankOrder.contains { $0.weights != alone.weights })
        }
    }
}
