import Cluster
import DataParallel

/// The second-order Taylor polynomial of the loss at weights, along directions d: L + Σ xᵢ ⟨∇L, dᵢ⟩ + ½ Σ xᵢ xⱼ ⟨dᵢ, H dⱼ⟩.
public struct TaylorExpansion: Sendable, Equatable {
    /// The loss L at the weights.
    public let loss: Double
    /// ⟨∇L, dᵢ⟩.
    public let slopes: [Double]
    /// ⟨dᵢ, H dⱼ⟩.
    public let curvatures: [[Double]]

    /// The polynomial at these coordinates x, which are 0 at the weights.
    public func value(at coordinates: [Double]) -> Double {
        var sum = loss
        for (row, x) in coordinates.enumerated() {
            sum += x * slopes[row]
            for (column, y) in coordinates.enumerated() { sum += x * y * curvatures[row][column] / 2 }
        }
        return sum
    }
}

extension TaylorExpansion {
    /// The polynomial at the parameters of `loaded`, from a gradient and an exact product H · d for each direction;
    /// collective over the cluster. Statistics that move along a direction do not count.
    init(_ directions: [SlicedVector<Float>], _ loaded: LoadedModel, _ objective: DatasetObjective) throws {
        let derivative = try DatasetGradient(
            cluster: loaded.cluster, state: loaded.state, objective: objective)
        let (gradient, loss) = try loaded.progress.during("landscape: the gradient") {
            try derivative.compute()
        }
        slopes = try directions.map { try gradient.dot($0) }
        try derivative.free()
        self.loss = loss ?? .nan
        let hessian = try HessianProduct(
            cluster: loaded.cluster, state: loaded.state, objective: objective)
        let rows = try loaded.progress.during("landscape: products with the Hessian") {
            try directions.map { direction in
                let image = try hessian.multiply(direction)
                return try directions.map { try image.dot($0) }
            }
        }
        try hessian.free()
        // Symmetric but for rounding.
        curvatures = rows.indices.map { row in
            rows.indices.map { (rows[row][$0] + rows[$0][row]) / 2 }
        }
    }
}
