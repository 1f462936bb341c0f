import Cluster
import Layers
import Randomness
import Spectrum

/// The exact product H · v of the Hessian of a data set's mean loss with a vector, the same bytes at any number of ranks.
package final class HessianProduct {
    /// The slices in which vectors are divided over ranks.
    package var slices: ParameterSlices { derivative.slices }
    /// The mean loss; `DatasetGradient.objective` says what may replace it.
    var objective: DatasetObjective {
        get { derivative.objective }
        set { derivative.objective = newValue }
    }
    private let cluster: Cluster
    private let derivative: DatasetGradient
    private let direction: ParameterVector
    private let givesSlopes: Bool

    /// Plans the product for the parameters of `state`; collective over the cluster.
    ///
    /// - Parameter givesSlopes: Whether `multiplyWithSlopes` is used, for which every product also sums gradients'
    ///   parts.
    package init(
        cluster: Cluster, state: ModelState, objective: DatasetObjective, givesSlopes: Bool = false
    ) throws {
        self.cluster = cluster
        self.givesSlopes = givesSlopes
        let (model, mode) = (state.model, objective.mode)
        direction = try ParameterVector(cluster: cluster, layout: state.layout, for: .model("a direction"))
        let direction = direction
        derivative = try DatasetGradient(
            cluster: cluster, state: state, objective: objective, direction: direction
        ) { model.hessianProductGraph($0, mode, givesSlope: givesSlopes) }
    }

    /// Plans the programs for a mini-batch of `count` examples ahead, so that the first one need not wait.
    func plan(batch count: Int) throws { try derivative.plan(batch: count) }

    /// Gives shared memory back; collective over the cluster.
    package func free() throws {
        try derivative.free()
        try direction.free()
    }

    /// H · v; collective over the cluster.
    package func multiply(_ vector: SlicedVector<Float>) throws -> SlicedVector<Double> {
        try slices.publish(vector.base, to: direction.base)
        return try derivative.compute().gradient
    }

    /// H · v, and for each shard of a single mini-batch its part of ⟨∇L, v⟩, 0 for shards without examples; collective
    /// over the cluster.
    func multiplyWithSlopes(
        _ vector: SlicedVector<Float>
    ) throws -> (product: SlicedVector<Double>, slopes: [Double]) {
        precondition(givesSlopes && objective.order.batchCount == 1, "slopes of the shards of one mini-batch")
        try slices.publish(vector.base, to: direction.base)
        let own = ShardNumbers(shards: objective.shards)
        let product = try derivative.compute { shard, program in
            guard let slope = program.output(.slope) else { return }
            own.add(Double(slope.load(as: Float.self)), shard: shard)
        }.gradient
        // Other ranks' shards are zeros here, so the sum has the same bits in any order of ranks.
        return (product, try cluster.world.allReduce(own.values, .sum))
    }
}

/// The Hessian of a data set's mean loss, as the interface of Krylov methods requires; vectors are in slices over the
/// ranks.
package final class HessianSpace: KrylovSpace {
    package typealias Vector = SlicedVector<Double>
    package typealias BasisVector = SlicedVector<Float>

    /// The product H · v.
    package let hessian: HessianProduct
    /// The number of products so far.
    package private(set) var products = 0
    /// Called after each product.
    package var onProduct: () -> Void = {}
    /// Adds to H · v what the objective has besides the mean loss, such as weight decay.
    var adds: (_ vector: SlicedVector<Float>, _ product: SlicedVector<Double>) -> Void = { _, _ in }
    private let seed: UInt64
    private let cluster: Cluster

    /// - Parameter seed: The seed of random vectors.
    package init(_ hessian: HessianProduct, seed: UInt64, on cluster: Cluster) {
        self.hessian = hessian
        self.seed = seed
        self.cluster = cluster
    }

    private var slices: ParameterSlices { hessian.slices }
    package var dimension: Int { slices.dimension }

    package func product(_ vector: SlicedVector<Float>) throws -> SlicedVector<Double> {
        defer { onProduct() }
        products += 1
        let image = try hessian.multiply(vector)
        adds(vector, image)
        return image
    }

    package func normal(_ number: Int) throws -> SlicedVector<Double> {
        let vector = try SlicedVector<Double>(slices)
        let random = CounterRandom(seed: seed, purpose: .probe, stream: UInt64(number))
        for block in slices.blocks {
            for element in 0..<block.count {
                vector.base[block.place + element] = random.normal(at: UInt64(block.offset + element))
            }
        }
        return vector
    }

    package func dots(_ basis: [SlicedVector<Float>], _ vector: SlicedVector<Double>) throws -> [Double] {
        try slices.sums(basis.count) { block, sums in
            for (place, other) in basis.enumerated() {
                sums[place] = Inner.product(other.base + block.place, vector.base + block.place, block.count)
            }
        }
    }

    package func squaredNorm(_ vector: SlicedVector<Double>) throws -> Double { try vector.squaredNorm() }

    package func subtract(
        _ coefficients: [Double], _ basis: [SlicedVector<Float>], from vector: SlicedVector<Double>
    ) {
        for (coefficient, other) in zip(coefficients, basis) { vector.add(other, times: -coefficient) }
    }

    package func basisVector(_ vector: SlicedVector<Double>, times factor: Double) throws
        -> SlicedVector<Float>
    {
        try vector.rounded(times: factor)
    }

    package func combination(_ coefficients: [Double], _ basis: [SlicedVector<Float>]) throws
        -> SlicedVector<Double>
    {
        let vector = try SlicedVector<Double>(slices)
        for (coefficient, other) in zip(coefficients, basis) { vector.add(other, times: coefficient) }
        return vector
    }

    package func rotate(_ basis: [SlicedVector<Float>], _ rows: [[Double]]) {
        var values = Array(repeating: 0.0, count: basis.count)
        for place in 0..<slices.count {
            for (column, vector) in basis.enumerated() { values[column] = Double(vector.base[place]) }
            for (row, coefficients) in rows.enumerated() {
                var sum = 0.0
                for column in values.indices { sum += coefficients[column] * values[column] }
                basis[row].base[place] = Float(sum)
            }
        }
    }

    package func decided(_ body: () -> [Double]?) throws -> [Double]? {
        var values = cluster.rank == 0 ? body() : nil
        let count = try cluster.world.broadcast(values?.count ?? -1, root: 0)
        guard count >= 0 else { return nil }
        if cluster.rank != 0 { values = Array(repeating: 0, count: count) }
        guard var values else { return nil }
        try cluster.world.broadcast(&values, root: 0)
        return values
    }

    /// The x that minimizes ‖b − Hx‖, from all elements of H; collective over the cluster, n products.
    ///
    /// - Parameter share: The part of the largest |λ| below which an eigenvalue counts as 0.
    func denseSolution(_ right: SlicedVector<Double>, share: Double) throws -> SlicedVector<Double> {
        let matrix = try matrix()
        let elements = try elements(right)
        let found = try decided {
            matrix.flatMap { SymmetricEigen($0, size: dimension) }.map { $0.solve(elements, share: share) }
        }
        guard let found else { throw SpectrumError.notFinite }
        let solution = try SlicedVector<Double>(slices)
        forEachElement { number, place in solution.base[place] = found[number] }
        return solution
    }

    /// All elements of a vector, in the order of the layout's; collective over the cluster.
    private func elements(_ vector: SlicedVector<Double>) throws -> [Double] {
        var own = Array(repeating: 0.0, count: dimension)
        forEachElement { number, place in own[number] = vector.base[place] }
        return try cluster.world.allReduce(own, .sum)
    }

    /// The symmetrized Hessian (n, n) on rank 0, in the order of the layout's elements; nil on other ranks. Takes n
    /// products; collective over the cluster.
    package func matrix() throws -> [Double]? {
        let size = dimension
        var matrix = cluster.rank == 0 ? Array(repeating: 0.0, count: size * size) : []
        let vector = try SlicedVector<Float>(slices)
        for column in 0..<size {
            set(vector) { $0 == column ? 1 : 0 }
            let image = try product(vector)
            let whole = try elements(image)
            if cluster.rank == 0 {
                for row in 0..<size { matrix[row * size + column] = whole[row] }
            }
        }
        guard cluster.rank == 0 else { return nil }
        for row in 0..<size {
            for column in 0..<row {
                let mean = (matrix[row * size + column] + matrix[column * size + row]) / 2
                matrix[row * size + column] = mean
                matrix[column * size + row] = mean
            }
        }
        return matrix
    }

    /// A vector with these n elements, in the order of the layout's elements.
    package func vector(_ values: ArraySlice<Double>) throws -> SlicedVector<Float> {
        let vector = try SlicedVector<Float>(slices)
        set(vector) { Float(values[values.startIndex + $0]) }
        return vector
    }

    private func set(_ vector: SlicedVector<Float>, _ value: (Int) -> Float) {
        forEachElement { number, place in vector.base[place] = value(number) }
    }

    /// Calls `body` with each of this rank's elements: its number in the layout, not counting gaps, and its place in
    /// the slices.
    private func forEachElement(_ body: (_ number: Int, _ place: Int) -> Void) {
        for block in slices.blocks {
            let first =
                slices.firstElements[block.entry] + block.offset - slices.layout.entries[block.entry].offset
            for element in 0..<block.count { body(first + element, block.place + element) }
        }
    }
}

extension HessianSpace: ConjugateSpace {
    package func zero() throws -> SlicedVector<Double> { try SlicedVector<Double>(hessian.slices) }

    package func dot(_ a: SlicedVector<Double>, _ b: SlicedVector<Double>) throws -> Double { try a.dot(b) }

    package func add(_ factor: Double, _ vector: SlicedVector<Double>, to sum: SlicedVector<Double>) {
        sum.add(vector, times: factor)
    }

    package func scale(_ vector: SlicedVector<Double>, by factor: Double) {
        for place in 0..<hessian.slices.count { vector.base[place] *= factor }
    }
}
