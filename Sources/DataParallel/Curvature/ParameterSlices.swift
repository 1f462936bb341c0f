import Cluster
import MPI
import Randomness

/// How vectors over a model's parameters are divided: each rank holds the slices of every bucket that it owns, so that
/// its memory falls with the number of ranks.
///
/// Sums over elements are made block by block and added in the layout's fixed tree, with the same bits at any number of
/// ranks.
package final class ParameterSlices {
    /// The places of parameters.
    package let layout: ParameterLayout
    /// The elements that this rank holds, gaps between tensors included.
    package let count: Int
    /// The elements of all parameters, without gaps.
    package let dimension: Int
    let cluster: Cluster
    /// A block that this rank owns: its number, its first element in the rank's slices and in the layout, its element
    /// count and its tensor.
    struct OwnedBlock {
        let number: Int
        let place: Int
        let offset: Int
        let count: Int
        let entry: Int
    }
    let blocks: [OwnedBlock]
    /// The number of each tensor's first element, not counting gaps.
    let firstElements: [Int]
    private let duties: [SliceDuty]

    package init(cluster: Cluster, layout: ParameterLayout) {
        self.cluster = cluster
        self.layout = layout
        duties = SliceDuty.all(of: cluster, layout: layout)
        var blocks: [OwnedBlock] = []
        var end = 0
        for duty in duties where duty.owner == cluster.rank {
            for number in duty.slice.blocks {
                let block = layout.blocks[number]
                blocks.append(
                    OwnedBlock(
                        number: number, place: end + block.offset - duty.slice.elements.lowerBound,
                        offset: block.offset, count: block.count, entry: layout.tensor(ofBlock: number)))
            }
            end += duty.slice.elements.count
        }
        self.blocks = blocks
        count = end
        var elements = 0
        firstElements = layout.entries.map { entry in
            defer { elements += entry.count }
            return elements
        }
        dimension = elements
    }

    /// `width` sums over all blocks: `values` writes a block's terms for each block that this rank owns. Collective.
    func sums(_ width: Int, _ values: (OwnedBlock, UnsafeMutablePointer<Double>) -> Void) throws -> [Double] {
        try blockSums(width, values).map(\.total)
    }

    /// The same sums, not yet added over blocks. Collective.
    func blockSums(
        _ width: Int, _ values: (OwnedBlock, UnsafeMutablePointer<Double>) -> Void
    ) throws -> [BlockSums] {
        guard width > 0 else { return [] }
        var all = Array(repeating: 0.0, count: layout.blocks.count * width)
        all.withUnsafeMutableBufferPointer { all in
            guard let base = all.baseAddress else { return }
            for block in blocks { values(block, base + block.number * width) }
        }
        // Only one rank's term is not zero, so the sum has the same bits in any order of ranks.
        all = try cluster.world.allReduce(all, .sum)
        return (0..<width).map { column in
            BlockSums(layout.blocks.indices.map { all[$0 * width + column] }, layout: layout)
        }
    }

    /// Writes every rank's slices to `target` of all nodes, which is laid out as the parameters and must not be read
    /// meanwhile. Collective over the cluster.
    package func publish(_ values: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>) throws {
        // A rank that is still reading the old values comes here only when it is done.
        try cluster.world.barrier()
        let exchange =
            cluster.nodes.count > 1 ? WeightExchange(cluster: cluster, weights: target, duties: duties) : nil
        try exchange?.begin()
        for block in blocks {
            (target + block.offset).update(from: values + block.place, count: block.count)
        }
        if let exchange {
            for duty in duties where duty.owner == cluster.rank && !duty.slice.elements.isEmpty {
                try exchange.send(duty)
            }
            try exchange.end()
        }
        try cluster.world.barrier()
    }

    /// Copies this rank's slices from memory that is laid out as the parameters.
    package func take(_ source: UnsafePointer<Float>) throws -> SlicedVector<Float> {
        let vector = try SlicedVector<Float>(self)
        for block in blocks {
            (vector.base + block.place).update(from: source + block.offset, count: block.count)
        }
        return vector
    }

    /// Copies this rank's slices of the parameters of `state`.
    package func take(_ state: ModelState) throws -> SlicedVector<Float> {
        try take(state.parameters.base.assumingMemoryBound(to: Float.self))
    }

    /// A vector whose part for a variable `values` gives, row-major; each rank passes the same.
    package func vector(_ values: (Int) throws -> [Float]) throws -> SlicedVector<Float> {
        let vector = try SlicedVector<Float>(self)
        for (place, entry) in layout.entries.enumerated() {
            let part = try values(entry.variable)
            precondition(part.count == entry.count, "\(part.count) values for \(entry.count)")
            for block in blocks where block.entry == place {
                for element in 0..<block.count {
                    vector.base[block.place + element] = part[block.offset - entry.offset + element]
                }
            }
        }
        return vector
    }

    /// The elements of a vector by variable, row-major, on every rank; empty for variables that are not trainable.
    /// Collective over the cluster.
    package func values(_ vector: SlicedVector<Float>) throws -> [[Float]] {
        var parts = Array(repeating: [Float](), count: (layout.entries.map(\.variable).max() ?? -1) + 1)
        for (place, entry) in layout.entries.enumerated() {
            var own = Array(repeating: Float(0), count: entry.count)
            for block in blocks where block.entry == place {
                for element in 0..<block.count {
                    own[block.offset - entry.offset + element] = vector.base[block.place + element]
                }
            }
            parts[entry.variable] = try cluster.world.allReduce(own, .sum)
        }
        return parts
    }
}

/// A vector over the parameters, in slices over the ranks; gaps between tensors have any value.
package final class SlicedVector<Scalar: BinaryFloatingPoint> {
    let slices: ParameterSlices
    /// This rank's elements, of which there are `slices.count`.
    package let base: UnsafeMutablePointer<Scalar>
    private let byteCount: Int

    /// A zero vector.
    package init(_ slices: ParameterSlices) throws {
        self.slices = slices
        byteCount = max(64, slices.count * MemoryLayout<Scalar>.stride)
        base = try PrivateMemory.allocate(byteCount, for: .model("vectors of curvature"))
            .bindMemory(to: Scalar.self, capacity: max(1, slices.count))
    }

    deinit { PrivateMemory.free(UnsafeMutableRawPointer(base), byteCount) }
}

extension SlicedVector<Double> {
    /// The elements times `factor`, rounded to Float32.
    package func rounded(times factor: Double = 1) throws -> SlicedVector<Float> {
        let result = try SlicedVector<Float>(slices)
        for place in 0..<slices.count { result.base[place] = Float(base[place] * factor) }
        return result
    }

    /// ‖v‖²; collective.
    package func squaredNorm() throws -> Double { try dot(self) }

    /// ‖v‖² of each tensor, in the layout's order; collective.
    package func tensorSquares() throws -> [Double] {
        try slices.blockSums(1) { block, sum in
            sum[0] = Inner.product(base + block.place, base + block.place, block.count)
        }[0].perTensor
    }

    /// ⟨v, w⟩; collective.
    package func dot(_ other: SlicedVector<Double>) throws -> Double {
        try slices.sums(1) { block, sum in
            sum[0] = Inner.product(base + block.place, other.base + block.place, block.count)
        }[0]
    }

    /// ⟨v, w⟩; collective.
    package func dot(_ other: SlicedVector<Float>) throws -> Double {
        try slices.sums(1) { block, sum in
            sum[0] = Inner.product(other.base + block.place, base + block.place, block.count)
        }[0]
    }

    /// Multiplies the elements of each variable by `factor(variable)`.
    package func scaleTensors(_ factor: (Int) -> Double) {
        for block in slices.blocks {
            let factor = factor(slices.layout.entries[block.entry].variable)
            for element in 0..<block.count { base[block.place + element] *= factor }
        }
    }

    /// v ← v + factor · w.
    package func add(_ other: SlicedVector<Float>, times factor: Double) {
        for place in 0..<slices.count { base[place] += factor * Double(other.base[place]) }
    }

    /// v ← v + factor · w.
    package func add(_ other: SlicedVector<Double>, times factor: Double) {
        for place in 0..<slices.count { base[place] += factor * other.base[place] }
    }
}

extension SlicedVector<Float> {
    /// ‖v‖²; collective.
    package func squaredNorm() throws -> Double {
        try slices.sums(1) { block, sum in
            sum[0] = Inner.product(base + block.place, base + block.place, block.count)
        }[0]
    }

    /// The same vector in Float64.
    package func widened() throws -> SlicedVector<Double> {
        let result = try SlicedVector<Double>(slices)
        for place in 0..<slices.count { result.base[place] = Double(base[place]) }
        return result
    }
}

/// Inner products in Float64 over eight lanes that are added in a fixed order: the same bits with any instruction set.
enum Inner {
    static func product<A: BinaryFloatingPoint, B: BinaryFloatingPoint>(
        _ a: UnsafePointer<A>, _ b: UnsafePointer<B>, _ count: Int
    ) -> Double {
        var lanes = SIMD8<Double>.zero
        var place = 0
        while place + 8 <= count {
            for lane in 0..<8 { lanes[lane] += Double(a[place + lane]) * Double(b[place + lane]) }
            place += 8
        }
        let four = lanes.lowHalf + lanes.highHalf
        let two = four.lowHalf + four.highHalf
        var sum = two.x + two.y
        while place < count {
            sum += Double(a[place]) * Double(b[place])
            place += 1
        }
        return sum
    }
}
