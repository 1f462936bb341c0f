extension ReferenceShard {
    /// A mini-batch of `count` examples with distinct features of `exampleShape`, labels below `classes` and
    /// scattered places in the data set.
    package static func batch(
        count: Int, exampleShape: [Int], classes: Int, seed: UInt64
    ) -> ReferenceShard {
        ReferenceShard(
            count: count, features: .distinct([count] + exampleShape, seed: seed),
            labels: ReferenceTensor([count], (0..<count).map { Double(($0 * 7 + 3) % classes) }),
            exampleIndices: ReferenceTensor([count], (0..<count).map { Double(($0 * 7919 + 13) % 60_000) }))
    }
}
