import CKernels
import Cluster
import DataParallel
import Datasets
import Layers
import Randomness
import Runtime

/// A small model with data in memory whose Hessian is multiplied with a vector.
package struct ProductCase: Sendable {
    /// What it is called.
    package let name: String
    private let exampleShape: [Int]
    private let loss: Loss
    private let make: @Sendable () -> Sequential

    /// Examples in all, in each mini-batch, and shards: mini-batches differ in size, shards too.
    package static let (count, batch, shards) = (23, 9, 7)
    private static let classes = 3

    /// Smooth activations, since the differences that the products are held against need them; batch norm over all shards
    /// and dropout.
    package static let all = [
        ProductCase(name: "mlp", exampleShape: [4], loss: .crossEntropy) {
            [Linear(6), BatchNormalization(), Tanh(), Dropout(0.3), Linear(5), GELU(), Linear(3)]
        },
        ProductCase(name: "cnn", exampleShape: [2, 5, 4], loss: .crossEntropy(classWeights: [1, 0.5, 3])) {
            [
                Conv2d(3, kernel: 3, padding: 1), BatchNormalization(), Sigmoid(), AvgPool2d(2), Flatten(),
                Dropout(0.2), Linear(3),
            ]
        },
    ]

    /// The features of all examples.
    package var features: [Float] {
        let width = exampleShape.reduce(1, *)
        return (0..<Self.count * width).map { Float(($0 * 7919 + 13) % 101 - 50) / 40 }
    }

    /// The classes of all examples.
    package var labels: [Int32] { (0..<Self.count).map { Int32(($0 * 7 + 3) % Self.classes) } }

    /// The traced model.
    package func model() throws -> TracedModel {
        try TracedModel(
            make(), exampleShape: exampleShape, target: .classes(Self.classes), loss: loss)
    }

    /// The shape of `count` examples.
    package func shape(count: Int) -> [Int] { [count] + exampleShape }

    /// The direction's part for a variable of so many elements.
    package static func direction(_ variable: Int, count: Int) -> [Float] {
        (0..<count).map { Float(($0 * 31 + variable * 17 + 5) % 23 - 11) / 16 }
    }

    /// Standard normal numbers for a variable.
    package func random(_ variable: Int, stream: Int) -> [Float] {
        guard let model = try? model() else { return [] }
        let random = CounterRandom(seed: 11, purpose: .test, stream: UInt64(stream * 100 + variable))
        return (0..<model.variables[variable].shape.reduce(1, *)).map { Float(random.normal(at: UInt64($0))) }
    }

    /// H · v on every rank, by the model's variables, untrainable ones empty; collective over the cluster.
    package func product(on cluster: Cluster, workers: Int? = nil) throws -> [[Float]] {
        let model = try model()
        return try withProduct(on: cluster, workers: workers) { hessian in
            let direction = try hessian.slices.vector { variable in
                Self.direction(variable, count: model.variables[variable].shape.reduce(1, *))
            }
            let first = try hessian.slices.values(hessian.multiply(direction).rounded())
            // What a product leaves behind must not change the next.
            let second = try hessian.slices.values(hessian.multiply(direction).rounded())
            precondition(first == second, "two products differ")
            return first
        }
    }

    /// The mean loss, computed many times in a row, on every rank; collective over the cluster.
    package func losses(on cluster: Cluster) throws -> [Double] {
        try withObjective(on: cluster) { state, objective in
            let loss = try DatasetLoss(cluster: cluster, state: state, objective: objective)
            let values = try (0..<200).map { _ in try loss.compute() }
            try loss.free()
            return values
        }
    }

    /// Calls `body` with what multiplies with the model's Hessian; collective over the cluster.
    package func withProduct<Result>(
        on cluster: Cluster, workers: Int? = nil, _ body: (HessianProduct) throws -> Result
    ) throws -> Result {
        try withObjective(on: cluster, workers: workers) { state, objective in
            let hessian = try HessianProduct(cluster: cluster, state: state, objective: objective)
            let result = try body(hessian)
            try hessian.free()
            return result
        }
    }

    private func withObjective<Result>(
        on cluster: Cluster, workers: Int? = nil, _ body: (ModelState, DatasetObjective) throws -> Result
    ) throws -> Result {
        let model = try model()
        let data = try Dataset(
            name: name, features: features, exampleShape: exampleShape,
            labels: .classes(labels, count: Self.classes))
        let state = try ModelState(cluster: cluster, model: model, bucketBytes: 256)
        try state.set(model.initialValues(seed: 5))
        let maker = BatchMaker(
            examples: data.examples, scaling: FeatureScaling(unchanged: data.layout.channels),
            kernels: cluster.kernels)
        let result = try body(
            state,
            DatasetObjective(
                order: EpochOrder(inOrder: Self.count, batchSize: Self.batch), maker: maker,
                shards: Self.shards, workers: workers, dropoutKey: ReplicaHarness.dropoutKey))
        try state.free()
        return result
    }
}
