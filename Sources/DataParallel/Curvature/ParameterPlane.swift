import Cluster

/// The points θ + Σ cᵢ · dᵢ around the point θ at which a model's parameters and statistics stand, on a line or a plane.
///
/// An element is computed in Float64, one direction after the other, and rounded to Float32 once: the same bits as from the
/// directions in a file, at any number of ranks. Parameters lie in slices over the ranks, statistics on each rank.
package final class ParameterPlane {
    /// The directions in the parameters alone: this rank's slices.
    package let directions: [SlicedVector<Float>]
    private let state: ModelState
    private let point: ParameterPoint
    private let statistics: [Statistic]

    /// A statistic that moves.
    private struct Statistic {
        let variable: Int
        let origin: [Float]
        /// Its part of each direction.
        let parts: [[Float]]
    }

    /// The points around the current values of `state`; collective over the cluster.
    ///
    /// - Parameters:
    ///   - count: The number of directions.
    ///   - directions: On rank 0 each direction by the model's variables, row-major; the other ranks' are ignored.
    package init(
        _ state: ModelState, count: Int, directions: [[[Float]]]?, on cluster: Cluster
    ) throws {
        self.state = state
        let slices = ParameterSlices(cluster: cluster, layout: state.layout)
        point = try ParameterPoint(state, slices: slices)
        func part(_ direction: Int, _ variable: Int) throws -> [Float] {
            let elements = state.model.variables[variable].count
            var values = directions?[direction][variable] ?? Array(repeating: 0, count: elements)
            precondition(values.count == elements, "\(values.count) values for \(elements)")
            try cluster.world.broadcast(&values, root: 0)
            return values
        }
        self.directions = try (0..<count).map { direction in
            try slices.vector { try part(direction, $0) }
        }
        statistics = try state.model.variables.indices.compactMap { variable in
            guard !state.model.variables[variable].isTrainable else { return nil }
            let parts = try (0..<count).map { try part($0, variable) }
            guard parts.contains(where: { $0.contains { $0 != 0 } }) else { return nil }
            return Statistic(variable: variable, origin: state.value(variable), parts: parts)
        }
    }

    /// ‖θ‖ of the parameters; collective over the cluster.
    package func norm() throws -> Double { try point.origin.squaredNorm().squareRoot() }

    /// Sets parameters and statistics to the point of these coordinates; collective over the cluster.
    package func move(to coordinates: [Double]) throws {
        for statistic in statistics {
            let target = state.pointer(statistic.variable)
            for element in statistic.origin.indices {
                var value = Double(statistic.origin[element])
                for (coordinate, part) in zip(coordinates, statistic.parts) {
                    value += coordinate * Double(part[element])
                }
                target[element] = Float(value)
            }
        }
        try point.move(along: directions, by: coordinates)
    }
}
