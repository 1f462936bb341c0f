import Cluster
import Randomness

/// The point at which a model's parameters stand, from which a look around moves them and brings them back.
package final class ParameterPoint {
    /// θ: this rank's slices.
    package let origin: SlicedVector<Float>
    private let state: ModelState
    private let moved: SlicedVector<Float>

    /// The point where the parameters of `state` stand.
    package init(_ state: ModelState, slices: ParameterSlices) throws {
        self.state = state
        origin = try slices.take(state)
        moved = try SlicedVector<Float>(slices)
    }

    private var slices: ParameterSlices { origin.slices }

    /// Puts the parameters at θ + distance · direction; collective over the cluster.
    package func move(along direction: SlicedVector<Float>, by distance: Double) throws {
        try move(along: [direction], by: [distance])
    }

    /// Puts the parameters at θ + Σ distance · direction, each summed in Float64 in this order and rounded once; collective
    /// over the cluster.
    package func move(along directions: [SlicedVector<Float>], by distances: [Double]) throws {
        for place in 0..<slices.count {
            var value = Double(origin.base[place])
            for (direction, distance) in zip(directions, distances) {
                value += distance * Double(direction.base[place])
            }
            moved.base[place] = Float(value)
        }
        try publish(moved)
    }

    /// Moves every parameter but zeros by one unit in its last place, up or down at random: what changes then is what
    /// Float32 cannot tell. Collective over the cluster.
    package func shake(seed: UInt64) throws {
        let random = CounterRandom(seed: seed, purpose: .probe, stream: Self.shakeStream)
        for block in slices.blocks {
            for element in 0..<block.count {
                let value = origin.base[block.place + element]
                let isUp = random.bits(at: UInt64(block.offset + element)) & 1 == 1
                moved.base[block.place + element] =
                    value == 0 || !value.isFinite ? value : isUp ? value.nextUp : value.nextDown
            }
        }
        try publish(moved)
    }

    /// Puts the parameters back; collective over the cluster.
    package func restore() throws { try publish(origin) }

    private func publish(_ vector: SlicedVector<Float>) throws {
        try slices.publish(vector.base, to: state.parameters.base.assumingMemoryBound(to: Float.self))
        state.noteChange()
    }

    /// Above the streams of all vectors.
    private static let shakeStream: UInt64 = 1 << 40
}
