import Cluster
import Datasets
import Graph

/// Makes the input tensors of a rank's shards, each on the thread that will compute with it, so that they are in that
/// core's cache. Different shards may be made at the same time.
final class ShardFeeder: @unchecked Sendable {
    private let maker: BatchMaker
    private let map: ShardMap
    private let owned: Range<Int>
    /// The tensors that `maker` writes, by the names that graphs use.
    private let inputs: [GraphInput]
    /// The memory of each local shard's inputs, in the same order.
    private let places: [[UnsafeMutableRawPointer]]
    private let memory: UnsafeMutableRawPointer
    private let memoryBytes: Int

    /// Makes the inputs of the rank's shards `owned`, for batches of at most `batch` examples.
    init(maker: BatchMaker, map: ShardMap, owned: Range<Int>, batch: Int) throws {
        let most = (batch + map.shards - 1) / map.shards
        let tensors = maker.tensors
        var end = 0
        let offsets = tensors.map { tensor in
            defer { end += PrivateMemory.aligned(most * tensor.exampleBytes) }
            return end
        }
        memoryBytes = max(1, owned.count) * end
        let memory = try PrivateMemory.allocate(memoryBytes, for: .batch("mini-batches"))
        self.memory = memory
        places = owned.indices.map { shard in
            let base = memory + (shard - owned.lowerBound) * end
            return offsets.map { base + $0 }
        }
        inputs = tensors.map { GraphInput($0.name) }
        self.maker = maker
        self.map = map
        self.owned = owned
    }

    deinit { PrivateMemory.free(memory, memoryBytes) }

    /// Calls `body` with each input of a local shard and its memory.
    func forEachInput(of place: Int, _ body: (GraphInput, UnsafeMutableRawPointer) -> Void) {
        for (input, pointer) in zip(inputs, places[place]) { body(input, pointer) }
    }

    /// The memory of a local shard's input, which the data set must have.
    func pointer(_ input: GraphInput, of place: Int) -> UnsafeMutableRawPointer {
        guard let index = inputs.firstIndex(of: input) else {
            preconditionFailure("the data have no \(input)")
        }
        return places[place][index]
    }

    /// Makes the inputs of local shard `place` of a batch.
    func make(_ batch: Batch, place: Int) {
        let shard = owned.lowerBound + place
        let examples = map.examples(of: shard..<(shard + 1), batch: batch.count)
        guard !examples.isEmpty else { return }
        maker.make(
            rows: batch.rows(examples), into: places[place], epoch: batch.epoch, length: batch.length)
    }
}
