/// One number for each shard. Workers write at the same time, each for the shards that it runs.
final class ShardNumbers: @unchecked Sendable {
    private let numbers: UnsafeMutablePointer<Double>
    private let shards: Int

    /// Zeros for all shards of a mini-batch.
    init(shards: Int) {
        self.shards = shards
        numbers = .allocate(capacity: shards)
        numbers.initialize(repeating: 0, count: shards)
    }

    deinit { numbers.deallocate() }

    /// One number per shard.
    var values: [Double] { Array(UnsafeBufferPointer(start: numbers, count: shards)) }

    /// Adds `number` to a shard's.
    func add(_ number: Double, shard: Int) {
        precondition((0..<shards).contains(shard), "shard \(shard) of \(shards)")
        numbers[shard] += number
    }
}
