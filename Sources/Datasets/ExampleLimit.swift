import Randomness

/// How many examples of a data set are used, and the seed that they are drawn by.
struct ExampleLimit: Sendable, Hashable {
    /// The examples of the sample; all, if the data set has no more.
    let count: Int
    var seed: UInt64

    /// The rows of the sample, ascending.
    ///
    /// Every class gets its share of the sample: the whole part of count · n_c ÷ n, and the examples that are left go to
    /// the classes with the largest remainders, of equal ones to the first. The examples of a class are the first of a
    /// seeded permutation of all rows. O(n).
    func rows(of examples: StoredExamples) -> [Int32] {
        let all = examples.layout.count
        guard count < all else { return Array(0..<Int32(all)) }
        let random = CounterRandom(seed: seed, purpose: .exampleLimit)
        let order = Permutation.shuffled(count: all, random: random)
        guard let classes = examples.classes else { return order[..<count].sorted() }
        var left = quotas(classes, classCount: examples.layout.classCount ?? 1)
        return order.filter { row in
            let label = Int(classes[Int(row)])
            left[label] -= 1
            return left[label] >= 0
        }.sorted()
    }

    /// The examples of each class in the sample.
    private func quotas(_ classes: UnsafeBufferPointer<Int32>, classCount: Int) -> [Int] {
        var found = Array(repeating: 0, count: classCount)
        for label in classes { found[Int(label)] += 1 }
        var quotas = found.map { count * $0 / classes.count }
        let rests = found.map { count * $0 % classes.count }
        let order = rests.indices.sorted { (rests[$1], $0) < (rests[$0], $1) }
        for label in order.prefix(count - quotas.reduce(0, +)) { quotas[label] += 1 }
        return quotas
    }
}

extension DatasetSource {
    /// At most `count` examples of the data set, drawn by `seed`: stratified by class, in the data set's order.
    ///
    /// A run draws by training.seed, whatever the seed here is.
    public func limited(to count: Int?, seed: UInt64 = 0) -> DatasetSource {
        precondition(count ?? 1 > 0, "a limit of \(count ?? 0) examples")
        var source = self
        source.limit = count.map { ExampleLimit(count: $0, seed: seed) }
        source.sampledBy = []
        return source
    }

    /// The data set with its sample drawn by another seed.
    package func seeded(_ seed: UInt64) -> DatasetSource {
        var source = self
        source.limit?.seed = seed
        source.sampledBy = sampledBy.map { $0.seeded(seed) }
        return source
    }

    /// The most examples that are used; nil for all.
    public var exampleLimit: Int? { limit?.count }

    /// Loads all examples and copies those of the sample; see `load`.
    func loadSample(
        _ layout: DatasetLayout, of limit: ExampleLimit, features: UnsafeMutableRawBufferPointer,
        labels: UnsafeMutableRawBufferPointer, lengths: UnsafeMutableRawBufferPointer
    ) throws(DataError) -> DatasetLayout {
        let all = try loadWhole()
        guard layout.count == min(limit.count, all.layout.count), all.layout.labels == layout.labels,
            all.layout.exampleShape == layout.exampleShape, all.layout.elementType == layout.elementType
        else {
            throw DataError(
                .mismatch, path: name, expected: "the file that was inspected", found: "another",
                advice: "do not change data files while they are read")
        }
        for (place, row) in try sample(limit, all).enumerated() {
            func copy(_ from: UnsafeRawPointer?, _ to: UnsafeMutableRawBufferPointer, _ size: Int) {
                guard let from, let to = to.baseAddress, size > 0 else { return }
                (to + place * size).copyMemory(from: from + Int(row) * size, byteCount: size)
            }
            copy(all.features, features, layout.width * layout.elementType.size)
            copy(all.labels, labels, layout.labelSize)
            copy(
                all.lengths?.baseAddress.map { UnsafeRawPointer($0) }, lengths, MemoryLayout<Int32>.size)
        }
        var complete = layout
        complete.classCount = all.layout.classCount
        return complete
    }

    /// The number in the whole data set of an example of the sample, which reads the data again.
    func wholeRow(of example: Int) -> Int {
        guard let limit, let all = try? loadWhole(), let rows = try? sample(limit, all),
            rows.indices.contains(example)
        else { return example }
        return Int(rows[example])
    }

    /// The rows of the sample. Without labels, they are those that the labels decided where there were some.
    private func sample(_ limit: ExampleLimit, _ all: StoredExamples) throws(DataError) -> [Int32] {
        guard limit.count < all.layout.count, let labelled = sampledBy.first else {
            return limit.rows(of: all)
        }
        return limit.rows(of: try labelled.loadWhole())
    }

    private func loadWhole() throws(DataError) -> StoredExamples {
        var whole = self
        whole.limit = nil
        return try Dataset(whole).examples
    }
}
