import CKernels
import Datasets
import Graph
import Testing

@testable import DataParallel

/// A rank's shards hold the rows of the batch that belong to them.
@Suite struct ShardFeederTests {
    private struct Feed {
        let dataset: Dataset
        let maker: BatchMaker
        let map: ShardMap
        let owned: Range<Int>
        let feeder: ShardFeeder

        init(
            hasClasses: Bool, shards: Int, ranks: Int, rank: Int, batch: Int, examples: Int = 101,
            width: Int = 7
        ) throws {
            dataset = try Dataset(
                name: "test", features: (0..<examples * width).map { Float($0 * 13 % 1009) },
                exampleShape: [width],
                labels: hasClasses
                    ? .classes((0..<examples).map { Int32($0 * 5 % 11) }, count: 11)
                    : .targets((0..<examples * 3).map { Float($0) / 8 }, width: 3))
            maker = BatchMaker(
                examples: dataset.examples, scaling: FeatureScaling(unchanged: dataset.layout.channels),
                kernels: dt_kernels_for(dt_isa_detect()))
            map = ShardMap(shards: shards, nodes: (0..<ranks).map { $0..<($0 + 1) })
            owned = map.owned[rank]
            feeder = try ShardFeeder(maker: maker, map: map, owned: owned, batch: batch)
        }
    }

    @Test(arguments: [true, false], [(1, 1, 0), (8, 1, 0), (8, 3, 1), (5, 5, 4), (13, 2, 1)])
    func equalsBatchMaker(hasClasses: Bool, cut: (shards: Int, ranks: Int, rank: Int)) throws {
        let feed = try Feed(
            hasClasses: hasClasses, shards: cut.shards, ranks: cut.ranks, rank: cut.rank, batch: 20)
        let order = EpochOrder(count: 101, batchSize: 20, seed: 4, epoch: 0)
        for index in 0..<order.batchCount {
            let batch = Batch(rows: order.rows[order.batch(index)])
            for place in feed.owned.indices { feed.feeder.make(batch, place: place - feed.owned.lowerBound) }
            try check(feed, batch)
        }
    }

    private func check(_ feed: Feed, _ batch: Batch) throws {
        let hasClasses = feed.dataset.examples.classes != nil
        for (local, shard) in feed.owned.enumerated() {
            func input<Element>(_ name: GraphInput, _: Element.Type) -> UnsafeMutablePointer<Element> {
                feed.feeder.pointer(name, of: local).assumingMemoryBound(to: Element.self)
            }
            var given: [GraphInput] = []
            feed.feeder.forEachInput(of: local) { name, pointer in
                given.append(name)
                #expect(pointer == feed.feeder.pointer(name, of: local))
            }
            #expect(given == [.features, hasClasses ? .labels : .targets, .exampleIndices])
            let range = feed.map.examples(of: shard..<shard + 1, batch: batch.count)
            let rows = Array(batch.rows(range))
            let indices = input(.exampleIndices, Int64.self)
            let features = input(.features, Float.self)
            for (place, row) in rows.enumerated() {
                #expect(indices[place] == Int64(row))
                for element in 0..<7 {
                    #expect(features[place * 7 + element] == Float((Int(row) * 7 + element) * 13 % 1009))
                }
                if hasClasses {
                    #expect(input(.labels, Int32.self)[place] == Int32(Int(row) * 5 % 11))
                } else {
                    let targets = input(.targets, Float.self)
                    for element in 0..<3 {
                        #expect(targets[place * 3 + element] == Float(Int(row) * 3 + element) / 8)
                    }
                }
            }
        }
    }
}
