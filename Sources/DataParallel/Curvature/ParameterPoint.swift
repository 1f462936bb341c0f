import Cluster
import Randomness

/// A point in parameter space: moves a model's parameters away from it and back.
package final class ParameterPoint {
    /// The point θ: this rank's slices.
    package let origin: SlicedVector<Float>
    private let state: ModelState
    private let moved: SlicedVector<Float>

    /// The current values of `state`'s parameters.
    package init(_ state: ModelState, slices: ParameterSlices) throws {
        self.state = state
        origin = try slices.take(state)
        moved = try SlicedVector<Float>(slices)
    }

    private var slices: ParameterSlices { origin.slices }

    /// Sets the parameters to θ + distance · direction; collective over the cluster.
    package func move(along direction: SlicedVector<Float>, by distance: Double) throws {
        try move(along: [direction], by: [distance])
    }

    /// Sets the parameters to θ + Σ distance · direction, each element summed in Float64 in this order and rounded
    /// once; collective over the cluster.
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

    /// Sets the parameters to what `change` makes of θ, of which it gets this rank's slices; collective over the
    /// cluster.
    ///
    /// - Returns: This rank's slices of the new parameters.
    func move(_ change: (UnsafeMutablePointer<Float>) -> Void) throws -> SlicedVector<Float> {
        moved.base.update(from: origin.base, count: slices.count)
        change(moved.base)
        try publish(moved)
        return moved
    }

    /// Moves every parameter except zeros by one unit in the last place, up or down at random: a change that Float32
    /// cannot tell from rounding. Collective over the cluster.
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

    /// Sets the parameters back to θ; collective over the cluster.
    package func restore() throws { try publish(origin) }

    private func publish(_ vector: SlicedVector<Float>) throws {
        try slices.publish(vector.base, to: state.parameters.base.assumingMemoryBound(to: Float.self))
        state.noteChange()
    }

    /// A stream above those of all random vectors.
    private static let shakeStream: UInt64 = 1 << 40
}
