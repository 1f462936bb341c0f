import Cluster
import MPI

/// The memory of an update rule's state arrays.
///
/// Shared, it exists once per node and holds whole tensors; each of the node's ranks updates its slices. Sharded
/// (ZeRO-1), every slice's state exists once in the whole job, in private memory of the rank that owns the slice.
/// Either way whole tensors go in and come out, so that checkpoints do not depend on it.
final class OptimizerState {
    /// Slices whose state this rank updates.
    let duties: [SliceDuty]
    /// Bytes that this rank keeps for itself, or that its node keeps for all of its ranks.
    let byteCount: Int

    private let cluster: Cluster
    private let layout: ParameterLayout
    /// The node's memory; nil if sharded.
    private let shared: NodeMemory?
    private let base: UnsafeMutablePointer<Float>
    /// Where each duty's first state array starts, and how far its arrays are apart, in elements.
    private let starts: [Int]
    private let strides: [Int]

    private static let use = ResourceUse.model("the optimizer's state")

    /// Zeros for `arrays` state arrays; collective over the cluster.
    ///
    /// - Parameter duties: The slices this rank owns or stands for.
    init(cluster: Cluster, layout: ParameterLayout, arrays: Int, duties: [SliceDuty], isSharded: Bool) throws
    {
        self.cluster = cluster
        self.layout = layout
        let duties = duties.filter {
            !$0.slice.elements.isEmpty && (!isSharded || $0.owner == cluster.rank)
        }
        self.duties = duties
        if isSharded {
            var end = 0
            var starts: [Int] = []
            for duty in duties {
                starts.append(end)
                // Slices start at whole cache lines of the flat stretch, and so do their states.
                end += arrays * Self.padded(duty.slice)
            }
            self.starts = starts
            strides = duties.map { Self.padded($0.slice) }
            byteCount = end * 4
            shared = nil
            base = try PrivateMemory.allocate(byteCount, for: Self.use).assumingMemoryBound(to: Float.self)
        } else {
            starts = duties.map(\.slice.elements.lowerBound)
            strides = duties.map { _ in layout.elementCount }
            byteCount = arrays * layout.elementCount * 4
            let memory = try NodeMemory(byteCount: max(64, byteCount), for: Self.use, on: cluster)
            shared = memory
            base = memory.base.assumingMemoryBound(to: Float.self)
        }
    }

    deinit { if shared == nil { PrivateMemory.free(UnsafeMutableRawPointer(base), byteCount) } }

    /// Gives shared memory back; collective over the node.
    func free() throws { try shared?.free() }

    /// State array `array` of the elements of duty `index`.
    func pointer(_ array: Int, duty index: Int) -> UnsafeMutablePointer<Float> {
        base + starts[index] + array * strides[index]
    }

    /// State array `array` of a parameter, row-major, on rank 0; nil elsewhere. Collective.
    func values(_ array: Int, _ entry: ParameterLayout.Entry) throws -> [Float]? {
        let range = entry.offset..<entry.offset + entry.count
        if shared != nil {
            let start = base + array * layout.elementCount + entry.offset
            return cluster.rank == 0 ? Array(UnsafeBufferPointer(start: start, count: entry.count)) : nil
        }
        var own: [Float] = []
        forEachPart(of: range, array) { elements, _ in own += elements }
        // Slices stand in the order of their owners, so the ranks' parts in rank order are the tensor.
        guard let bucket = layout.buckets.firstIndex(where: { $0.elements.contains(entry.offset) }) else {
            return cluster.rank == 0 ? [] : nil
        }
        let counts = (0..<cluster.size).map { owner in
            layout.slice(owner, of: cluster.size, bucket: bucket).elements.clamped(to: range).count
        }
        return try cluster.world.gather(own, counts: counts, root: 0)
    }

    /// Elements of a parameter's part of state array `array` that this rank's memory holds.
    func copy(_ array: Int, _ entry: ParameterLayout.Entry, _ elements: Range<Int>) throws -> FloatCopy {
        let range = entry.offset + elements.lowerBound..<entry.offset + elements.upperBound
        if shared != nil {
            let start = base + array * layout.elementCount + range.lowerBound
            return try FloatCopy(UnsafeBufferPointer(start: start, count: range.count))
        }
        var whole: FloatCopy?
        try forEachPart(of: range, array) { elements, _ in
            if elements.count == range.count { whole = try FloatCopy(UnsafeBufferPointer(elements)) }
        }
        guard let whole else {
            preconditionFailure("this rank does not hold elements \(elements) of state array \(array)")
        }
        return whole
    }

    /// Sets elements of a parameter's part of state array `array` where this rank holds them; every rank passes the
    /// same.
    func set(_ array: Int, _ entry: ParameterLayout.Entry, _ elements: Range<Int>, _ values: [Float]) {
        let range = entry.offset + elements.lowerBound..<entry.offset + elements.upperBound
        if shared != nil {
            guard cluster.node.rank == 0 else { return }
            (base + array * layout.elementCount + range.lowerBound).update(from: values, count: range.count)
            return
        }
        forEachPart(of: range, array) { elements, places in
            _ = elements.update(fromContentsOf: values[places])
        }
    }

    /// Sets the first `arrays` state arrays to zero where this rank updates them.
    func clear(_ arrays: Int) {
        for (index, duty) in duties.enumerated() {
            for array in 0..<arrays {
                pointer(array, duty: index).update(repeating: 0, count: duty.slice.elements.count)
            }
        }
    }

    /// Calls `body` with this rank's parts of `range`, and their places in it, in order.
    private func forEachPart(
        of range: Range<Int>, _ array: Int,
        _ body: (_ elements: UnsafeMutableBufferPointer<Float>, _ places: Range<Int>) throws -> Void
    ) rethrows {
        for (index, duty) in duties.enumerated() {
            let part = duty.slice.elements.clamped(to: range)
            guard !part.isEmpty else { continue }
            let start = pointer(array, duty: index) + (part.lowerBound - duty.slice.elements.lowerBound)
            try body(
                UnsafeMutableBufferPointer(start: start, count: part.count),
                part.lowerBound - range.lowerBound..<part.upperBound - range.lowerBound)
        }
    }

    private static func padded(_ slice: ParameterLayout.Slice) -> Int {
        PrivateMemory.aligned(slice.elements.count * 4) / 4
    }
}
