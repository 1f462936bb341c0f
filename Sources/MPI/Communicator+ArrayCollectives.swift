// Blocking collectives over arrays and single values; each states what every rank passes and gets.

extension Communicator {
    /// Replaces the array by the root's, which must have the same count.
    public func broadcast<T: MPIScalar>(_ values: inout [T], root: Int) throws {
        try values.withUnsafeMutableBufferPointer { try broadcast($0, root: root) }
    }

    /// The root's value, on every rank.
    public func broadcast<T: MPIScalar>(_ value: T, root: Int) throws -> T {
        var value = value
        try withUnsafeMutablePointer(to: &value) {
            try broadcast(UnsafeMutableBufferPointer(start: $0, count: 1), root: root)
        }
        return value
    }

    /// The arrays of all ranks combined position by position.
    public func allReduce<T: MPIScalar>(_ values: [T], _ operation: ReduceOperation) throws -> [T] {
        try Self.array(of: values.count) { result in
            try values.withUnsafeBufferPointer { try allReduce($0, into: result, operation) }
        }
    }

    /// The values of all ranks combined.
    public func allReduce<T: MPIScalar>(_ value: T, _ operation: ReduceOperation) throws -> T {
        var value = value
        try withUnsafeMutablePointer(to: &value) {
            try allReduce(inPlace: UnsafeMutableBufferPointer(start: $0, count: 1), operation)
        }
        return value
    }

    /// This rank's run of the arrays of all ranks combined position by position; run r has `counts[r]` elements.
    public func reduceScatter<T: MPIScalar>(
        _ values: [T], counts: [Int], _ operation: ReduceOperation
    ) throws -> [T] {
        precondition(counts.indices.contains(rank), "\(counts.count) counts for \(size) ranks")
        return try Self.array(of: counts[rank]) { result in
            try values.withUnsafeBufferPointer {
                try reduceScatter($0, into: result, counts: counts, operation)
            }
        }
    }

    /// All ranks' arrays in rank order; the same count from each.
    public func allGather<T: MPIScalar>(_ values: [T]) throws -> [T] {
        try Self.array(of: values.count * size) { result in
            try values.withUnsafeBufferPointer { try allGather($0, into: result) }
        }
    }

    /// All ranks' values in rank order.
    public func allGather<T: MPIScalar>(_ value: T) throws -> [T] { try allGather([value]) }

    /// All ranks' arrays in rank order; rank r contributes `counts[r]` elements.
    public func allGather<T: MPIScalar>(_ values: [T], counts: [Int]) throws -> [T] {
        try Self.array(of: counts.reduce(0, +)) { result in
            try values.withUnsafeBufferPointer { try allGather($0, into: result, counts: counts) }
        }
    }

    /// On the root all ranks' arrays in rank order, elsewhere nil; the same count from each.
    public func gather<T: MPIScalar>(_ values: [T], root: Int) throws -> [T]? {
        try gather(values, counts: Array(repeating: values.count, count: size), root: root)
    }

    /// On the root all ranks' arrays in rank order, elsewhere nil; rank r contributes `counts[r]` elements.
    public func gather<T: MPIScalar>(_ values: [T], counts: [Int], root: Int) throws -> [T]? {
        let isRoot = rank == root
        let result = try Self.array(of: isRoot ? counts.reduce(0, +) : 0) { result in
            try values.withUnsafeBufferPointer { try gather($0, into: result, counts: counts, root: root) }
        }
        return isRoot ? result : nil
    }

    /// The run each rank meant for this one, in rank order; the array holds one equal run per rank.
    public func allToAll<T: MPIScalar>(_ values: [T]) throws -> [T] {
        try Self.array(of: values.count) { result in
            try values.withUnsafeBufferPointer { try allToAll($0, into: result) }
        }
    }

    /// The runs meant for this rank, `receiving[r]` elements from rank r, against `sending[r]` sent to it.
    public func allToAll<T: MPIScalar>(_ values: [T], sending: [Int], receiving: [Int]) throws -> [T] {
        try Self.array(of: receiving.reduce(0, +)) { result in
            try values.withUnsafeBufferPointer {
                try allToAll($0, sending: sending, into: result, receiving: receiving)
            }
        }
    }

    // An array whose `count` elements the body writes.
    private static func array<T: MPIScalar>(
        of count: Int, _ fill: (UnsafeMutableBufferPointer<T>) throws -> Void
    ) throws -> [T] {
        try [T](unsafeUninitializedCapacity: count) { memory, initialized in
            try fill(UnsafeMutableBufferPointer(rebasing: memory[..<count]))
            initialized = count
        }
    }
}
